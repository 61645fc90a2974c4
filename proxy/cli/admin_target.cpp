#include "proxy/cli/admin_target.h"

#include <cstdlib>
#include <utility>

#include "proxy/control/control_socket.h"
#include "proxy/control/token_file.h"

namespace fairlead::cli {
namespace {

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

HostPort on_socket(std::string path) { return {{}, 0, std::move(path)}; }

}  // namespace

Result<HostPort> parse_admin_target(std::string_view text) {
    if (text.starts_with("unix:")) return HostPort::parse(text);
    constexpr std::string_view kHttp = "http://";
    if (text.starts_with(kHttp)) {
        text.remove_prefix(kHttp.size());
        if (text.ends_with('/')) text.remove_suffix(1);
    } else if (text.find('/') != std::string_view::npos) {
        return on_socket(std::string(text));
    }
    if (text.starts_with(':')) return HostPort::parse("127.0.0.1" + std::string(text));
    Result<HostPort> parsed = HostPort::parse(text);
    if (parsed) return parsed;
    return fail("\"" + std::string(text) + "\" is no place of an admin endpoint",
                "the path of a control socket, or an address with its port, as 127.0.0.1:9900");
}

Result<HostPort> find_admin_target(const std::string& option) {
    if (!option.empty()) return parse_admin_target(option);
    if (const std::string named = variable("FAIRLEAD_ADMIN"); !named.empty()) {
        Result<HostPort> parsed = parse_admin_target(named);
        if (!parsed) parsed.error().message = "FAIRLEAD_ADMIN: " + parsed.error().message;
        return parsed;
    }
    std::string path = control::default_control_socket(control::socket_surroundings());
    // Without a session there is still the place of a balancer that runs as a service.
    if (path.empty()) path = "/run/fairlead/admin.sock";
    return on_socket(std::move(path));
}

Result<std::optional<std::string>> find_token(const std::string& option) {
    const std::string path = option.empty() ? variable("FAIRLEAD_TOKEN_FILE") : option;
    if (path.empty()) return std::optional<std::string>{};
    Result<std::string> token = control::read_token(path);
    if (!token) return fail(std::move(token).error());
    return std::optional<std::string>(*std::move(token));
}

}  // namespace fairlead::cli
