/// Base64 (RFC 4648 section 4), with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead {

std::string to_base64(std::string_view bytes);

/// Strict: no white space, no missing padding, no bits set beyond the end.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace fairlead
