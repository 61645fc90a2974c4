/// What can be said of two balancers measured in turn: the middle of each, their ratio, and how far
/// the ratio could be off.
#pragma once

#include <vector>

namespace fairlead::bench::peers {

/// @param values  not empty
double median(std::vector<double> values);

struct Ratio {
    double value = 0;
    double low = 0;  ///< of the 95 % interval
    double high = 0;
};

/// The median of `ours` to that of `theirs`. The interval is a percentile bootstrap (Efron 1979)
/// over rounds: a round's two values are drawn together, because what disturbs the machine in a
/// round disturbs both. With few rounds it is rough; with one it is the value itself.
/// @param ours, theirs  by round, not empty; rounds that only one has are left out
Ratio ratio_of_medians(const std::vector<double>& ours, const std::vector<double>& theirs);

}  // namespace fairlead::bench::peers
