/// The small languages inside strings: host and path patterns, redirect templates, request lines.
/// Errors here have a message and a hint; the caller knows the place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/model.h"
#include "proxy/base/result.h"

namespace fairlead::conf {

/// "api.example.com", "*.example.com", "[::1]"; a port and a trailing dot are dropped.
Result<HostPattern> parse_host_pattern(std::string_view text);
/// "/v1/users", "/v1/*". Requests are compared in normalised form, so a pattern that is not
/// normalised could never match and is an error.
Result<PathPattern> parse_path_pattern(std::string_view text);
/// "https://www.example.com{uri}", with {scheme} {host} {uri} {path} {query}.
Result<std::vector<RedirectPiece>> parse_redirect(std::string_view text);
/// "GET https://api.example.com/v1/users": fills method, scheme, host, port and target.
Result<Expectation> parse_expect_request(std::string_view text);

}  // namespace fairlead::conf
