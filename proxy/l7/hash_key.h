/// The number that policy "hash" goes by, out of a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "conf/model.h"
#include "proxy/base/address.h"
#include "proxy/http/message.h"
#include "proxy/http/target.h"

namespace fairlead::l7 {

/// @return nothing when the request has no such header, cookie or parameter: any backend will do
std::optional<std::uint64_t> hash_key(const conf::Hash& hash, const http::RequestHead& head,
                                      const http::Target& target, const IpAddress& client_ip);

/// The value of a cookie in Cookie fields (RFC 6265 section 5.4), without quotes.
std::optional<std::string_view> cookie_value(const http::RequestHead& head, std::string_view name);
/// The value of a parameter in a query, as received. `query` may begin with "?".
std::optional<std::string_view> query_value(std::string_view query, std::string_view name);

}  // namespace fairlead::l7
