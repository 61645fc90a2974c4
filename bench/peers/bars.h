/// How good fairlead has to be: the bars that a comparison is judged by, and the judging. A bar is
/// what releases are held to, not the aim; the aim is the floor.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/figures.h"

namespace fairlead::bench::peers {

struct Bar {
    std::string_view scenario;
    Metric metric;
    std::string_view peer;  ///< the ratio of fairlead to it is held; empty: fairlead's own figure
    double at_most = 0;
};

std::span<const Bar> bars();

struct Verdict {
    Bar bar;
    std::optional<double> value{};  ///< median, or ratio of medians; absent: unknown
    bool has_errors = false;        ///< why it is unknown: a failed request may be a cheap one

    /// As printed: a figure is as good as the digits shown of it. True when it is unknown.
    bool is_met() const;
    /// "met     CPU per request, fairlead to haproxy: 0.83, at most 0.88"
    std::string text() const;
};

/// One for each bar of the table's scenario.
std::vector<Verdict> judge(const FigureTable& table);

}  // namespace fairlead::bench::peers
