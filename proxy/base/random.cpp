#include "proxy/base/random.h"

#include <sys/random.h>

#include <bit>
#include <cassert>
#include <chrono>
#include <cstring>

#include "proxy/base/hash.h"

namespace fairlead {
namespace {

__extension__ using Wide = unsigned __int128;  // GCC and clang have it; ISO C++ has no such type

}  // namespace

Random::Random(std::uint64_t seed) {
    // Filled by splitmix64, as the authors of xoshiro advise: near seeds give unlike states.
    for (std::uint64_t& word : state_) {
        seed += 0x9e3779b97f4a7c15;
        word = hash_mix(seed);
    }
}

Random Random::from_entropy() {
    std::uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof seed)) {
        // Early in boot there may be no entropy yet. Load is spread as well from the clock.
        const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
        seed = static_cast<std::uint64_t>(since_start.count());
    }
    return Random(seed);
}

std::uint64_t Random::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
    assert(bound > 0);
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
}

double Random::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

void write_hex_id(Random& random, char* out) {
    constexpr std::size_t kBytes = kHexIdLength / 2;
    const std::uint64_t bits[] = {random.next(), random.next()};
    unsigned char bytes[kBytes];
    static_assert(sizeof bits == sizeof bytes);
    std::memcpy(bytes, bits, sizeof bytes);
    // All low halves, then all high ones: no order means anything here, and compilers make vector
    // instructions of this.
    const auto digit = [](unsigned nibble) {
        return static_cast<char>(nibble + (nibble > 9 ? 'a' - 10 : '0'));
    };
    for (std::size_t i = 0; i < kBytes; ++i) {
        out[i] = digit(bytes[i] & 0xFU);
        out[kBytes + i] = digit(bytes[i] >> 4U);
    }
}

}  // namespace fairlead
