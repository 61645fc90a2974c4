/// Keeps secrets that people put into URLs out of the access log.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::telemetry {

/// True when a parameter of this name (as it stands in a query, percent-encoding included) is taken
/// for a secret: the name, or one of the parts it is made of (`auth_token`, `X-Api-Key`,
/// `accessToken`, `user[password]`), is one of token, key, password, code and the like, in any
/// case.
bool is_secret_name(std::string_view name);

/// Appends `query` (what follows the question mark) with the values of secrets replaced by
/// `redacted`.
void append_redacted(std::string& out, std::string_view query);

}  // namespace fairlead::telemetry
