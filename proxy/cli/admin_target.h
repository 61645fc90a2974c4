/// Where the commands find the running balancer, and the token they show it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/base/address.h"
#include "proxy/base/result.h"

namespace fairlead::cli {

/// What `--admin` takes: the path of a control socket, or an address of the admin endpoint:
/// "/run/fairlead/admin.sock", "127.0.0.1:9900", ":9900", "http://lb1.internal:9900/".
Result<HostPort> parse_admin_target(std::string_view text);

/// @param option  of `--admin`; empty: FAIRLEAD_ADMIN, else the default control socket
Result<HostPort> find_admin_target(const std::string& option);

/// @param option  of `--token-file`; empty: FAIRLEAD_TOKEN_FILE
/// @return nothing when neither names a file
Result<std::optional<std::string>> find_token(const std::string& option);

}  // namespace fairlead::cli
