/// Which fields may come after a body (RFC 9110 section 6.5.1).
#pragma once

#include <string_view>

namespace fairlead::http {

/// False for what a receiver has to know before the body or must not take from behind it: framing,
/// routing, identity, authentication, conditions, cache control, content encoding, hop-by-hop
/// fields.
bool is_forwardable_trailer(std::string_view name);

}  // namespace fairlead::http
