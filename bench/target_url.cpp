#include "bench/target_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/plain_client.h"
#include "proxy/base/text.h"
#include "proxy/net/resolver.h"

namespace fairlead::bench {

namespace {

constexpr std::string_view kExample = "write http://127.0.0.1:8080/ or tcp://127.0.0.1:5432";

bool is_target_char(char c) { return c > ' ' && c < '\x7f'; }

}  // namespace

Result<TargetUrl> parse_target_url(std::string_view text) {
    TargetUrl out;
    out.url = text;
    const auto is_unix = [](std::string_view authority) { return authority.starts_with("unix:"); };
    const auto no_unix = [&] {
        return fail(fmt::format("{} is a unix socket, and load goes over TCP", text),
                    std::string(kExample));
    };
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos && is_unix(text)) return no_unix();
    if (colon == std::string_view::npos) {
        return fail(fmt::format("\"{}\" is no URL: it names no scheme", text),
                    fmt::format("write http://{} or tcp://{}", text, text));
    }
    const std::string scheme = to_lower(text.substr(0, colon));
    if (scheme == "tcp") {
        out.protocol = Protocol::Tcp;
    } else if (scheme == "https") {
        out.is_tls = true;
    } else if (scheme != "http") {
        return fail(fmt::format("unknown scheme \"{}\" in {}", scheme, text),
                    std::string(kExample));
    }
    std::string_view rest = text.substr(colon + 3);
    rest = rest.substr(0, rest.find('#'));
    const std::size_t path = rest.find_first_of("/?");
    std::string authority(rest.substr(0, path));
    if (is_unix(authority)) return no_unix();
    if (authority.find('@') != std::string::npos) {
        return fail(fmt::format("{} holds a user name", text),
                    "give credentials by --header \"Authorization: ...\"");
    }
    if (path != std::string_view::npos) {
        if (out.protocol == Protocol::Tcp && rest.substr(path) != "/") {
            return fail(fmt::format("{} has a path, and tcp:// knows none", text),
                        fmt::format("write tcp://{}", authority));
        }
        out.path = rest.substr(path);
        if (out.path.front() == '?') out.path.insert(0, "/");
        if (!std::all_of(out.path.begin(), out.path.end(), is_target_char)) {
            return fail(fmt::format("the path of {} holds a character no request can carry", text),
                        "write it percent-encoded, a space as %20");
        }
    }
    out.host = authority;
    // "[::1]" has colons of its own.
    const bool has_port =
        authority.find(':', authority.rfind(']') == std::string::npos ? 0 : authority.rfind(']')) !=
        std::string::npos;
    if (!has_port) {
        if (out.protocol == Protocol::Tcp) {
            return fail(fmt::format("{} names no port", text),
                        fmt::format("write tcp://{}:5432", authority));
        }
        authority += out.is_tls ? ":443" : ":80";
    }
    auto where = HostPort::parse(authority);
    if (!where) return fail(std::move(where).error());
    out.where = std::move(*where);
    return out;
}

const SocketAddress& first_reachable(const std::vector<SocketAddress>& addresses) {
    if (addresses.size() == 1) return addresses.front();
    for (const SocketAddress& address : addresses) {
        if (try_connect(address, std::chrono::seconds(1))) return address;
    }
    return addresses.front();
}

Result<Target> resolve_target(const TargetUrl& url) {
    const auto addresses = net::resolve_now(url.where);
    if (!addresses) return fail(addresses.error());
    Target target;
    target.url = url.url;
    target.protocol = url.protocol;
    target.address = first_reachable(*addresses);
    target.host = url.host;
    target.is_tls = url.is_tls;
    target.server_name = url.where.host;
    return target;
}

}  // namespace fairlead::bench
