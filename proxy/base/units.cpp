#include "proxy/base/units.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "proxy/base/text.h"

namespace fairlead {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

/// In nanoseconds, largest first: the order in which they may follow one another.
constexpr std::array<Unit, 6> kTimeUnits{{
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
}};

/// In bytes, in the order in which format_size prefers them when they are equally short.
constexpr std::array<Unit, 9> kSizeUnits{{
    {"TiB", 1ULL << 40},
    {"GiB", 1ULL << 30},
    {"MiB", 1ULL << 20},
    {"KiB", 1ULL << 10},
    {"TB", 1'000'000'000'000},
    {"GB", 1'000'000'000},
    {"MB", 1'000'000},
    {"KB", 1'000},
    {"B", 1},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "1.5" as 15 with one decimal: kept whole, so that nothing is lost to rounding.
struct Decimal {
    std::uint64_t digits = 0;
    std::uint64_t scale = 1;  ///< the value is digits / scale
};

/// Takes a decimal number off the front; nothing when there is none or it is too long.
std::optional<Decimal> take_decimal(std::string_view& text) {
    std::size_t length = 0;
    while (length < text.size() && is_digit(text[length])) ++length;
    std::string digits(text.substr(0, length));
    if (digits.empty()) return std::nullopt;
    text.remove_prefix(length);

    Decimal decimal;
    if (!text.empty() && text.front() == '.') {
        std::size_t decimals = 1;
        while (decimals < text.size() && is_digit(text[decimals])) ++decimals;
        if (decimals == 1 || decimals > 10) return std::nullopt;
        digits += text.substr(1, decimals - 1);
        for (std::size_t i = 1; i < decimals; ++i) decimal.scale *= 10;
        text.remove_prefix(decimals);
    }
    const std::optional<std::uint64_t> value = parse_number(digits);
    if (!value) return std::nullopt;
    decimal.digits = *value;
    return decimal;
}

/// decimal * factor; nothing when that is no whole number or above `max`.
std::optional<std::uint64_t> scaled(Decimal decimal, std::uint64_t factor, std::uint64_t max) {
    // Shortened first: 1.5 h is 15 * 3.6e12 / 10, and must not overflow on the way.
    while (decimal.scale > 1 && factor % 10 == 0) {
        decimal.scale /= 10;
        factor /= 10;
    }
    if (decimal.digits != 0 &&
        factor > std::numeric_limits<std::uint64_t>::max() / decimal.digits) {
        return std::nullopt;
    }
    const std::uint64_t product = decimal.digits * factor;
    if (product % decimal.scale != 0 || product / decimal.scale > max) return std::nullopt;
    return product / decimal.scale;
}

std::string_view take_word(std::string_view& text) {
    std::size_t length = 0;
    while (length < text.size() && !is_digit(text[length])) ++length;
    const std::string_view word = text.substr(0, length);
    text.remove_prefix(length);
    return word;
}

bool is_bare_number(std::string_view text) {
    return take_decimal(text).has_value() && text.empty();
}

tl::unexpected<Error> not_a_duration(std::string_view text) {
    return fail(fmt::format("\"{}\" is not a duration", text),
                "write a number and a unit (us, ms, s, m, h, d), as \"250ms\"");
}

tl::unexpected<Error> not_a_size(std::string_view text) {
    return fail(fmt::format("\"{}\" is not a size", text),
                "write a number and a unit (B, KiB, MiB, GiB, TiB), as \"16KiB\"");
}

/// `count` units of `factor`, with what is left as decimals: "1.5s".
std::string with_decimals(std::uint64_t value, const Unit& unit) {
    std::string text = fmt::format("{}", value / unit.factor);
    std::uint64_t rest = value % unit.factor;
    if (rest != 0) {
        text += '.';
        for (std::uint64_t place = unit.factor / 10; rest != 0; place /= 10) {
            text += static_cast<char>('0' + rest / place);
            rest %= place;
        }
    }
    return text.append(unit.name);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    if (text == "none") return kForever;
    if (is_bare_number(text)) {
        return fail(fmt::format("\"{}\" needs a unit", text), fmt::format("write \"{}s\"", text));
    }
    constexpr auto kMax = static_cast<std::uint64_t>(kForever.count()) - 1;
    std::uint64_t total = 0;
    std::size_t unit_next = 0;  // "1h30m" is fine, "30m1h" is a slip
    std::string_view rest = text;
    do {
        const std::optional<Decimal> number = take_decimal(rest);
        if (!number) return not_a_duration(text);
        const std::string_view name = take_word(rest);
        while (unit_next < kTimeUnits.size() && kTimeUnits[unit_next].name != name) ++unit_next;
        if (unit_next == kTimeUnits.size()) return not_a_duration(text);
        const std::uint64_t factor = kTimeUnits[unit_next++].factor;
        const std::optional<std::uint64_t> part = scaled(*number, factor, kMax - total);
        if (!part) {
            return fail(fmt::format("\"{}\" is too long or too fine for a duration", text),
                        "a nanosecond to 292 years, or \"none\"");
        }
        total += *part;
    } while (!rest.empty());
    return Duration(static_cast<Duration::rep>(total));
}

Result<std::uint64_t> parse_size(std::string_view text) {
    if (is_bare_number(text)) {
        return fail(fmt::format("\"{}\" needs a unit", text), fmt::format("write \"{}B\"", text));
    }
    std::string_view name = text;
    const std::optional<Decimal> number = take_decimal(name);
    if (!number) return not_a_size(text);
    const std::string_view written = text.substr(0, text.size() - name.size());
    for (const Unit& unit : kSizeUnits) {
        if (unit.name == name) {
            const std::optional<std::uint64_t> bytes = scaled(*number, unit.factor, kUnlimited - 1);
            if (!bytes) return fail(fmt::format("\"{}\" is not a whole number of bytes", text));
            return *bytes;
        }
    }
    // "16k", "16kb", "16M": one letter says enough to name the cure.
    const char letter = name.empty() ? '\0' : ascii_lower(name.front());
    for (const Unit& unit : kSizeUnits) {
        if (unit.name.size() == 3 && ascii_lower(unit.name.front()) == letter) {
            return fail(fmt::format("\"{}\" is not a size", text),
                        fmt::format("did you mean \"{}{}\"?", written, unit.name));
        }
    }
    return not_a_size(text);
}

Result<double> parse_percent(std::string_view text, double max) {
    if (is_bare_number(text)) {
        return fail(fmt::format("\"{}\" needs a percent sign", text),
                    fmt::format("write \"{}%\"", text));
    }
    std::string_view rest = text;
    const std::optional<Decimal> number = take_decimal(rest);
    if (!number || rest != "%") {
        return fail(fmt::format("\"{}\" is not a percentage", text), "write it as \"20%\"");
    }
    const double value =
        static_cast<double>(number->digits) / (static_cast<double>(number->scale) * 100.0);
    if (value > max) {
        return fail(fmt::format("\"{}\" is above {:g}%", text, max * 100.0),
                    fmt::format("write \"0%\" to \"{:g}%\"", max * 100.0));
    }
    return value;
}

std::string format_duration(Duration duration) {
    if (duration == kForever) return "none";
    if (duration == Duration::zero()) return "0s";
    std::string text = duration < Duration::zero() ? "-" : "";
    // Negated as an unsigned number, which also holds for the smallest one.
    const auto count = static_cast<std::uint64_t>(duration.count());
    std::uint64_t rest = duration < Duration::zero() ? 0 - count : count;
    for (const Unit& unit : kTimeUnits) {
        const bool is_last = unit.name == "us";
        const bool takes_decimals = unit.factor <= 1'000'000'000;
        if (rest == 0 || (rest < unit.factor && !is_last)) continue;
        if (takes_decimals) {
            text += with_decimals(rest, unit);
            break;
        }
        text += fmt::format("{}{}", rest / unit.factor, unit.name);
        rest %= unit.factor;
    }
    return text;
}

std::string format_size(std::uint64_t bytes) {
    if (bytes == kUnlimited) return "none";
    if (bytes == 0) return "0B";
    std::string shortest;
    for (const Unit& unit : kSizeUnits) {
        if (bytes % unit.factor != 0) continue;
        std::string text = fmt::format("{}{}", bytes / unit.factor, unit.name);
        if (shortest.empty() || text.size() < shortest.size()) shortest = std::move(text);
    }
    return shortest;
}

}  // namespace fairlead
