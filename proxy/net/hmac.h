/// HMAC-SHA256 (RFC 2104, FIPS 180-4), and secrets to use it with. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fairlead::net {

/// @return 64 lower-case hexadecimal digits
std::string hmac_sha256_hex(std::string_view key, std::string_view message);

inline constexpr std::size_t kSecretBytes = 32;
/// So many random bytes.
std::string fresh_secret();

}  // namespace fairlead::net
