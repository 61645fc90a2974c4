/// A hash over a body that arrives in pieces, so that an upload can be checked without keeping it:
/// FNV-1a, 64 bits (Fowler, Noll, Vo), because it is five lines in any language a test is written
/// in.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace fairlead::bench {

class BodyHash {
  public:
    void update(std::span<const char> bytes) {
        for (const char byte : bytes) {
            value_ = (value_ ^ static_cast<unsigned char>(byte)) * 0x0000'0100'0000'01B3ULL;
        }
        bytes_ += bytes.size();
    }
    std::uint64_t value() const { return value_; }
    std::uint64_t bytes() const { return bytes_; }
    /// 16 lower-case hex digits, as in `X-Body-Hash`.
    std::string hex() const;

  private:
    std::uint64_t value_ = 0xCBF2'9CE4'8422'2325ULL;
    std::uint64_t bytes_ = 0;
};

}  // namespace fairlead::bench
