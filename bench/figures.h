/// Durations and numbers as people read them, in tables, on pages and on the screen. Three digits
/// are what a measurement is good for, and columns of them line up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/base/clock.h"

namespace fairlead::bench {

/// "740us", "1.20ms", "12.0ms", "420ms", "3.12s", "372s". Never finer than a microsecond.
std::string human_duration(Duration duration);
/// With commas: "18,204".
std::string human_number(std::uint64_t number);
/// Per second: "4,998/s"; small ones with three digits, "12.5/s".
std::string human_rate(double per_second);
/// "0.0412%", "12.5%", "0%".
std::string human_share(double share);
/// In powers of 1000: "512B", "1.23MB".
std::string human_bytes(std::uint64_t bytes);
/// `text` fit for a terminal: control bytes and what is not UTF-8 become "?". For all that was read
/// from a file or came over the network.
std::string printable(std::string_view text);

}  // namespace fairlead::bench
