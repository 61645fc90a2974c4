/// Stable 64-bit hashing: the same bytes give the same number on every machine and in every
/// release.
#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead {

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0);
/// Mixes one number (the finaliser of splitmix64, Steele et al. 2014).
std::uint64_t hash_mix(std::uint64_t value);

}  // namespace fairlead
