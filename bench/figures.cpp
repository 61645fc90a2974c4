#include "bench/figures.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "proxy/base/text.h"

namespace fairlead::bench {

namespace {

/// Three digits of a value below 1000. The borders are where rounding adds a digit: 9.996 is
/// "10.0".
std::string three_digits(double value) {
    if (value < 9.995) return fmt::format("{:.2f}", value);
    return value < 99.95 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

}  // namespace

std::string human_duration(Duration duration) {
    const double us = std::chrono::duration<double, std::micro>(duration).count();
    if (us < 999.5) return fmt::format("{:.0f}us", us);
    if (us < 999'500) return three_digits(us / 1e3) + "ms";
    return three_digits(us / 1e6) + "s";
}

std::string human_number(std::uint64_t number) {
    std::string out = std::to_string(number);
    for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
    return out;
}

std::string human_rate(double per_second) {
    if (!(per_second < 1e18)) return "?/s";  // nothing we measure, and not fit for a whole number
    if (per_second <= 0) return "0/s";
    if (per_second < 99.95) return three_digits(per_second) + "/s";
    return human_number(static_cast<std::uint64_t>(std::llround(per_second))) + "/s";
}

std::string human_share(double share) {
    if (share == 0) return "0%";
    return fmt::format("{:.3g}%", share * 100);
}

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 6> kUnits{"kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1000) return fmt::format("{}B", bytes);
    double value = static_cast<double>(bytes) / 1000;
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < kUnits.size()) {
        value /= 1000;
        ++unit;
    }
    return fmt::format("{}{}", three_digits(value), kUnits[unit]);
}

std::string printable(std::string_view text) {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t length = utf8_length(text, at);
        const auto byte = static_cast<unsigned char>(text[at]);
        // 0xC2 0x80 to 0x9F are control characters too: some terminals obey them.
        const bool is_control =
            length == 0 || byte < 0x20 || byte == 0x7F ||
            (length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0);
        const std::size_t taken = length == 0 ? 1 : length;
        if (is_control) {
            out += '?';
        } else {
            out.append(text, at, taken);
        }
        at += taken;
    }
    return out;
}

}  // namespace fairlead::bench
