#include "proxy/base/hash.h"

#include <cstddef>

namespace fairlead {
namespace {

/// Up to eight bytes as a number, the first one lowest, on any machine.
std::uint64_t load_little_endian(const char* bytes, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    return value;
}

constexpr std::uint64_t kGoldenGamma = 0x9e3779b97f4a7c15;

}  // namespace

std::uint64_t hash_mix(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) {
    // The length goes in first, so that trailing zero bytes count.
    std::uint64_t state = hash_mix(seed + kGoldenGamma * (bytes.size() + 1));
    while (bytes.size() >= 8) {
        state = hash_mix((state ^ load_little_endian(bytes.data(), 8)) + kGoldenGamma);
        bytes.remove_prefix(8);
    }
    if (!bytes.empty()) {
        state = hash_mix((state ^ load_little_endian(bytes.data(), bytes.size())) + kGoldenGamma);
    }
    return state;
}

}  // namespace fairlead
