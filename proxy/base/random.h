/// Pseudo-random numbers with a seed (xoshiro256**, Blackman and Vigna 2018). Not for secrets.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fairlead {

class Random {
  public:
    explicit Random(std::uint64_t seed);
    /// Seeded from the system's entropy.
    static Random from_entropy();

    std::uint64_t next();
    /// Uniform in [0, bound); bound > 0. Without modulo bias worth mentioning (Lemire 2019).
    std::uint64_t below(std::uint64_t bound);
    /// Uniform in [0, 1).
    double unit();

  private:
    std::uint64_t state_[4];
};

/// Writes 32 hex digits, for the id of a request or a session.
inline constexpr std::size_t kHexIdLength = 32;
void write_hex_id(Random& random, char* out);

}  // namespace fairlead
