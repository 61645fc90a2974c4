/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), a byte at a time: for headers, not for bulk.
#pragma once

#include <array>
#include <cstdint>

namespace fairlead {

/// Begin with this, take each byte with crc32c_step, end with crc32c_end.
inline constexpr std::uint32_t kCrc32cBegin = 0xFFFFFFFFU;

namespace detail {
constexpr std::array<std::uint32_t, 256> make_crc32c_table() {
    constexpr std::uint32_t kPolynomial = 0x82F63B78U;  // bits reversed
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value >> 1U) ^ ((value & 1U) != 0 ? kPolynomial : 0U);
        }
        table[byte] = value;
    }
    return table;
}
inline constexpr std::array<std::uint32_t, 256> kCrc32cTable = make_crc32c_table();
}  // namespace detail

constexpr std::uint32_t crc32c_step(std::uint32_t crc, std::uint8_t byte) {
    return (crc >> 8U) ^ detail::kCrc32cTable[(crc ^ byte) & 0xFFU];
}
constexpr std::uint32_t crc32c_end(std::uint32_t crc) { return ~crc; }

}  // namespace fairlead
