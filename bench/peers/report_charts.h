/// The plots of a comparison.
#pragma once

#include <vector>

#include "bench/chart.h"
#include "bench/peers/figures.h"

namespace fairlead::bench::peers {

/// Of a table with a ratio: what is compared, of each peer, with its interval, and fairlead's ratio
/// to each other one, with a line at 1. Of any other table: its latencies, by percentile.
std::vector<BarChart> charts_of(const FigureTable& table);

}  // namespace fairlead::bench::peers
