/// The bytes of every generated body: the same for all sizes, so that any download can be checked.
#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead::bench {

/// The pattern repeats after this many bytes: a prime, so that a lost or doubled block of a
/// buffer's size shifts what follows and is noticed.
inline constexpr std::uint64_t kPatternPeriod = 65'521;
/// The longest run body_pattern() hands out.
inline constexpr std::uint64_t kPatternRunBytes = 256 * 1024;

/// The bytes at `offset` of an endless body of lower-case letters. Any thread; never copied.
/// @param bytes  at most kPatternRunBytes
std::string_view body_pattern(std::uint64_t offset, std::uint64_t bytes);

}  // namespace fairlead::bench
