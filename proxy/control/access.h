/// Who may read and who may change, as a table of rules over what a request and its connection
/// tell. Neither a web page in somebody's browser nor a program of another user of this machine may
/// steer. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/address.h"

namespace fairlead::control {

/// The other end of a connection.
struct Caller {
    /// Came through the control socket: full control, by the user it runs as.
    bool is_control = false;
    std::optional<std::uint32_t> uid;  ///< of a unix socket
    std::string peer;                  ///< "127.0.0.1:4711"; empty for a unix socket
    BindAddress bind;                  ///< where it came in, as bound

    /// For the audit line: "uid 0", "token from 127.0.0.1:4711".
    std::string who() const;
};

/// What the fields of a request say; empty when absent.
struct Claims {
    std::string_view host;
    std::string_view origin;
    std::string_view fetch_site;  ///< Sec-Fetch-Site
    std::string_view authorization;
    std::string_view content_type;
};

/// What the endpoint goes by.
struct AccessRules {
    std::uint32_t own_uid = 0;       ///< effective
    std::vector<std::string> hosts;  ///< further ones, lower case
    bool has_token_file = false;
    /// Nothing: there is none, or it cannot be used; then no token fits.
    std::optional<std::string_view> token;
};

/// How much a resource asks for.
enum class Need : std::uint8_t {
    Nothing,  ///< /live, /ready, /metrics
    Read,
    Change,
};

/// Why not, as the API says it.
struct Denial {
    int status = 403;  ///< 401 goes with `WWW-Authenticate: Bearer`
    std::string_view error;
    std::string_view hint;
};

/// @return nothing when it may
std::optional<Denial> check_access(const AccessRules& rules, const Caller& caller,
                                   const Claims& claims, Need need);
/// Whether a caller that reads may also change: it is shown more.
bool may_change(const AccessRules& rules, const Caller& caller, const Claims& claims);

/// Is this a Host a person would use here? Anything else is a web page that had its name point here
/// (DNS rebinding).
bool is_accepted_host(std::string_view host, const BindAddress& bind,
                      const std::vector<std::string>& hosts);

}  // namespace fairlead::control
