/// What can be said of two balancers measured in turn: their ratio, and how far it could be off.
#pragma once

#include <cstddef>
#include <optional>

#include "bench/bootstrap.h"
#include "bench/peers/figures.h"

namespace fairlead::bench::peers {

struct Ratio {
    double value = 0;
    std::optional<Interval> interval{};  ///< of 95 %; absent: of too few rounds
};

/// Fewer have no interval: the one from the least to the greatest of n values holds their true
/// median in 1 - 2^(1-n) of cases, which is 50 % for two, 75 % for three, 87.5 % for four.
inline constexpr std::size_t kIntervalRoundsMin = 5;

/// The median of `ours` to that of `theirs`, of the rounds that both have finished. Nothing when
/// there are none, or a value is not above 0.
std::optional<Ratio> ratio(const Series& ours, const Series& theirs);

/// Of fairlead to `peer`; nothing too when either was not measured, or `peer` is fairlead.
std::optional<Ratio> ratio_to(const FigureTable& table, const PeerFigures& peer, Metric metric);

/// How far the median of the rounds could be off, at 95 %. Nothing of too few rounds.
std::optional<Interval> median_interval(const Series& series);

}  // namespace fairlead::bench::peers
