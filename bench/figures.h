/// Durations and numbers as people read them, in tables and on the screen.
#pragma once

#include <cstdint>
#include <string>

#include "proxy/base/clock.h"

namespace fairlead::bench {

/// "740us", "12ms", "0.42s", "3.1s".
std::string human_duration(Duration duration);
/// With commas: "18,204".
std::string human_number(std::uint64_t number);

}  // namespace fairlead::bench
