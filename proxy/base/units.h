/// Durations and sizes with their units, as written in the configuration and on the command line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/base/clock.h"
#include "proxy/base/result.h"

namespace fairlead {

/// "none" for a size.
inline constexpr std::uint64_t kUnlimited = UINT64_MAX;

/// "250ms", "2s", "1m", "1.5h", "7d"; us ms s m h d. "none" is kForever when allowed by the caller.
Result<Duration> parse_duration(std::string_view text);
/// "16KiB", "1MiB", "2GiB", "500B", also KB MB GB (powers of 1000). "none" is not taken here.
Result<std::uint64_t> parse_size(std::string_view text);
/// "20%" as 0.2; 0 to 1 (or up to `max`).
Result<double> parse_percent(std::string_view text, double max = 1.0);

/// Shortest exact form: "2s", "250ms", "1h30m"; kForever is "none".
std::string format_duration(Duration duration);
std::string format_size(std::uint64_t bytes);

}  // namespace fairlead
