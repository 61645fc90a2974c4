/// What can be said of two balancers measured in turn: their ratio, and how far it could be off.
#pragma once

#include <optional>

#include "bench/bootstrap.h"
#include "bench/peers/figures.h"

namespace fairlead::bench::peers {

struct Ratio {
    double value = 0;
    std::optional<Interval> interval{};  ///< of 95 %; absent: of one round there is none
};

/// The median of `ours` to that of `theirs`, of the rounds that both have finished. Nothing when
/// there are none, or a value is not above 0.
std::optional<Ratio> ratio(const Series& ours, const Series& theirs);

/// Of fairlead to `peer`; nothing too when either was not measured, or `peer` is fairlead.
std::optional<Ratio> ratio_to(const FigureTable& table, const PeerFigures& peer, Metric metric);

/// How far the median of the rounds could be off, at 95 %. Nothing of one round.
std::optional<Interval> median_interval(const Series& series);

}  // namespace fairlead::bench::peers
