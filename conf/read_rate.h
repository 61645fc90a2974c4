/// `rate` of a route, and the text form "so many in a time" that it shares with other keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conf/model.h"
#include "conf/section.h"

namespace fairlead::conf {

/// So many in a time: "200/30s", and "50/s" for one of the unit.
struct CountPer {
    std::uint64_t count = 0;  ///< 1 to 1000000
    Duration period{};        ///< 1s to 1h
};
/// @return nothing when it is no such text, or out of range
std::optional<CountPer> parse_count_per(std::string_view text);
/// In the shorter form where there is one.
std::string format_count_per(const CountPer& rate);

/// Reads `rate`, when it is written: a table, or its `limit` alone.
void read_rate(Section& section, Route& out);

}  // namespace fairlead::conf
