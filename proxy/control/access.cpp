#include "proxy/control/access.h"

#include <algorithm>

#include "proxy/base/text.h"
#include "proxy/http/target.h"

namespace fairlead::control {
namespace {

bool is_loopback(const BindAddress& bind) {
    return bind.address.is_unix() || (!bind.any && bind.address.ip.is_loopback());
}

/// "Bearer TOKEN", the scheme in any case (RFC 9110 section 11.1).
std::optional<std::string_view> bearer(std::string_view authorization) {
    constexpr std::string_view kScheme = "bearer ";
    if (authorization.size() <= kScheme.size()) return std::nullopt;
    if (!iequals(authorization.substr(0, kScheme.size()), kScheme)) return std::nullopt;
    return trim(authorization.substr(kScheme.size()));
}

bool has_token(const AccessRules& rules, const Claims& claims) {
    const std::optional<std::string_view> given = bearer(claims.authorization);
    return given && rules.token && !rules.token->empty() &&
           equals_in_constant_time(*given, *rules.token);
}

std::optional<Denial> check_token(const AccessRules& rules, const Claims& claims) {
    if (has_token(rules, claims)) return std::nullopt;
    if (!rules.has_token_file) {
        return Denial{403, "nobody may change anything here: there is no token",
                      "use the control socket, or set [admin] token_file"};
    }
    if (!rules.token) {
        return Denial{403, "the token file cannot be used, so no token is accepted",
                      "the process log says why; the control socket needs no token"};
    }
    if (claims.authorization.empty()) {
        return Denial{401, "a token is needed",
                      "send \"Authorization: Bearer TOKEN\" with the content of [admin] "
                      "token_file"};
    }
    return Denial{401, "this token is not accepted",
                  "send the content of [admin] token_file as \"Authorization: Bearer TOKEN\""};
}

std::string_view default_port(std::string_view scheme) { return scheme == "https" ? "443" : "80"; }

/// Does a page of this Origin come from the very place the request goes to (RFC 6454)? "null" and
/// everything that is no origin are foreign.
bool is_own_origin(std::string_view origin, std::string_view host) {
    const std::size_t colon = origin.find("://");
    if (colon == std::string_view::npos) return false;
    const std::string_view scheme = origin.substr(0, colon);
    if (scheme != "http" && scheme != "https") return false;
    http::HostAndPort from;
    http::HostAndPort to;
    if (!http::parse_host(origin.substr(colon + 3), from) || !http::parse_host(host, to)) {
        return false;
    }
    const std::string_view fallback = default_port(scheme);
    return iequals(from.host, to.host) &&
           (from.port.empty() ? fallback : from.port) == (to.port.empty() ? fallback : to.port);
}

bool is_json(std::string_view content_type) {
    return iequals(trim(content_type.substr(0, content_type.find(';'))), "application/json");
}

/// A browser says where a page comes from, and cannot be made to leave it out.
std::optional<Denial> check_origin(const Claims& claims) {
    if (!claims.origin.empty() && !is_own_origin(claims.origin, claims.host)) {
        return Denial{403, "a web page of another origin may not change anything here",
                      "send the request from a program, without an Origin field"};
    }
    if (iequals(claims.fetch_site, "cross-site")) {
        return Denial{403, "a web page of another site may not change anything here",
                      "send the request from a program, without a Sec-Fetch-Site field"};
    }
    return std::nullopt;
}

std::optional<Denial> check_control(const AccessRules& rules, const Caller& caller) {
    if (caller.uid && (*caller.uid == 0 || *caller.uid == rules.own_uid)) return std::nullopt;
    return Denial{403, "this user may not use the control socket",
                  "use it as root, or as the user the balancer runs as"};
}

}  // namespace

std::string Caller::who() const {
    if (is_control) return uid ? "uid " + std::to_string(*uid) : "unknown user";
    const std::string from = !peer.empty() ? peer : uid ? "uid " + std::to_string(*uid) : "unix";
    return "token from " + from;
}

bool is_accepted_host(std::string_view host, const BindAddress& bind,
                      const std::vector<std::string>& hosts) {
    http::HostAndPort parts;
    if (!http::parse_host(host, parts)) return false;
    std::string_view name = parts.host;
    if (http::host_equals(name, "localhost")) return true;
    const bool is_listed = std::any_of(hosts.begin(), hosts.end(), [&](const std::string& each) {
        return http::host_equals(name, each);
    });
    if (is_listed) return true;
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    // An address cannot be made to point elsewhere, a name can. Bound to any address, it has no own
    // to compare with.
    const Result<IpAddress> address = IpAddress::parse(name);
    return address && (bind.any || bind.address.ip.is_unspecified() || address->is_loopback() ||
                       *address == bind.address.ip);
}

std::optional<Denial> check_access(const AccessRules& rules, const Caller& caller,
                                   const Claims& claims, Need need) {
    if (caller.is_control) return check_control(rules, caller);
    if (need == Need::Nothing) return std::nullopt;
    if (!is_accepted_host(claims.host, caller.bind, rules.hosts)) {
        return Denial{403, "this Host is not accepted here",
                      "use the address the endpoint is bound to, or localhost, or list the name in "
                      "[admin] hosts"};
    }
    if (need == Need::Read) {
        return is_loopback(caller.bind) ? std::nullopt : check_token(rules, claims);
    }
    if (std::optional<Denial> foreign = check_origin(claims)) return foreign;
    if (std::optional<Denial> denied = check_token(rules, claims)) return denied;
    // A form of a web page can be sent anywhere without asking, but not with this type.
    if (!is_json(claims.content_type)) {
        return Denial{415, "a change needs \"Content-Type: application/json\"",
                      "add this field to the request, also without a body"};
    }
    return std::nullopt;
}

bool may_change(const AccessRules& rules, const Caller& caller, const Claims& claims) {
    return caller.is_control ? !check_control(rules, caller) : has_token(rules, claims);
}

}  // namespace fairlead::control
