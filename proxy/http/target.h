/// Request targets: their four forms (RFC 9112 section 3.2), the normalised path that routes match
/// and the path that is forwarded.
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/message.h"

namespace fairlead::http {

struct Target {
    std::string_view authority{};  ///< of an absolute-form target, else empty
    std::string_view scheme{};     ///< of an absolute-form target, else empty
    bool is_asterisk = false;      ///< "*" with OPTIONS
    std::string_view query{};      ///< with its "?", as received; empty when there is none
    /// What is forwarded as the path: dot segments resolved, unreserved characters decoded,
    /// repeated slashes kept. A view of the target as received when nothing had to change (the
    /// usual case).
    std::string_view path{};
    /// What routes match: `path` with repeated slashes taken as one.
    std::string_view route_path{};
    /// The target cannot be forwarded as it was received: the path was rewritten, or it was
    /// absolute.
    bool is_changed = false;
};

/// "*" (OPTIONS, also for an absolute-form without path) has "*" as its path and route path.
/// @param storage  holds rewritten paths; reused, must outlive the result
/// @return HeadError with failure None when fine, else 400 with the reason
HeadError parse_target(Method method, std::string_view target, std::string& storage, Target& out);

struct HostAndPort {
    std::string_view host{};  ///< with brackets for IPv6, as received
    std::string_view port{};  ///< digits, empty when absent
};
/// A Host field's value or an authority: no userinfo, a name, IPv4 or bracketed IPv6, a port up to
/// 65535. Stricter than RFC 3986: no percent-encoding, no comma, no empty label in a name.
bool parse_host(std::string_view text, HostAndPort& out);
/// Equal as host names: any case, no port, a trailing dot does not matter.
bool host_equals(std::string_view host, std::string_view configured_lower);

}  // namespace fairlead::http
