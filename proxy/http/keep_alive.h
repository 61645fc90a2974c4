/// The field Keep-Alive (RFC 2068 section 19.7.1.1; not in later RFCs, and sent by many servers).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace fairlead::http {

/// N of "timeout=N": how long the sender keeps the connection when it is not used.
/// @return nothing when it does not say, or says no number of at most six digits
std::optional<std::chrono::seconds> keep_alive_timeout(std::string_view value);

}  // namespace fairlead::http
