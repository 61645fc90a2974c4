#include "proxy/net/resolver.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "proxy/base/text.h"

namespace fairlead::net {
namespace {

Error cannot_resolve(const HostPort& where, int status, int system_error) {
    const char* reason = status == EAI_SYSTEM ? std::strerror(system_error) : gai_strerror(status);
    return Error{fmt::format("cannot resolve \"{}\": {}", where.host, reason),
                 fmt::format("check the name, and what this machine makes of it: getent hosts {}",
                             where.host),
                 {}};
}

/// "localhost" and names below it are this machine, whatever files or servers say (RFC 6761 section
/// 6.3): a container without /etc/hosts could not reach its own services otherwise.
bool is_localhost(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    constexpr std::string_view kLocalhost = "localhost";
    if (name.size() > kLocalhost.size()) {
        const std::size_t dot = name.size() - kLocalhost.size() - 1;
        return name[dot] == '.' && iequals(name.substr(dot + 1), kLocalhost);
    }
    return iequals(name, kLocalhost);
}

std::vector<SocketAddress> loopback(std::uint16_t port) {
    IpAddress v6;
    v6.bytes[15] = 1;
    IpAddress v4;
    v4.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1};
    return {SocketAddress{v6, port, {}}, SocketAddress{v4, port, {}}};
}

}  // namespace

Result<std::vector<SocketAddress>> resolve_now(const HostPort& where) {
    if (where.is_unix()) return std::vector{SocketAddress{{}, 0, where.unix_path}};
    if (!where.is_name()) {
        Result<IpAddress> ip = IpAddress::parse(where.host);
        if (!ip) return fail(std::move(ip).error());
        return std::vector{SocketAddress{*ip, where.port, {}}};
    }

    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;  // or every address would come once per socket type
    addrinfo* found = nullptr;
    const int status = getaddrinfo(where.host.c_str(), nullptr, &hints, &found);
    if (status != 0 && is_localhost(where.host)) return loopback(where.port);
    if (status != 0) return fail(cannot_resolve(where, status, errno));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list{found, &freeaddrinfo};

    std::vector<SocketAddress> addresses;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
        SocketAddress address = SocketAddress::from(each->ai_addr);
        address.port = where.port;
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
            addresses.push_back(std::move(address));
        }
    }
    if (addresses.empty()) return fail(cannot_resolve(where, EAI_NONAME, 0));
    return addresses;
}

}  // namespace fairlead::net
