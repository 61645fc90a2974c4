/// How far a statistic may be off by chance: it is computed again from rows drawn with replacement
/// from those that were measured, many times, and the middle 95 % of the results are its interval
/// (the percentile interval of Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
/// chapter 13). No distribution is assumed. Seeded, so the same rows give the same interval.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "proxy/base/random.h"

namespace fairlead::bench {

struct Interval {
    double low = 0;
    double high = 0;
    bool holds(double value) const { return low <= value && value <= high; }
    bool operator==(const Interval&) const = default;
};

struct BootstrapSettings {
    unsigned resamples = 2000;  ///< the ends of the interval are the 50th lowest and highest
    double confidence = 0.95;
    std::uint64_t seed = 1;
};

/// Statistics of one resample: the same number each time, all finite.
using Resample = std::function<std::vector<double>(Random&)>;

/// The interval of each statistic.
std::vector<Interval> bootstrap(const BootstrapSettings& settings, const Resample& resample);

/// For rows that are independent: as many as there are, each any of them.
/// @param rows  > 0
/// @return indexes below `rows`
std::vector<std::size_t> draw_rows(std::size_t rows, Random& random);

/// For rows in time, where one is like the next: drawn in runs of `block` neighbours, the last row
/// being the neighbour of the first (circular block bootstrap, Politis and Romano 1992).
/// @param rows,block  > 0
std::vector<std::size_t> draw_blocks(std::size_t rows, std::size_t block, Random& random);

/// A length of block that grows with the rows as it should for an interval: their cube root (Hall,
/// Horowitz and Jing 1995).
std::size_t block_length(std::size_t rows);

/// The confidence to ask for so that the interval of few rows holds the truth as often as
/// `confidence` says. A resample varies less than the rows it is drawn from, by (n-1)/n, and takes
/// their spread for known (the expanded percentile interval of Hesterberg, "What Teachers Should
/// Know About the Bootstrap", 2015, section 5.3). 0.95 becomes 0.983 for 10 rows, 0.956 for 60.
/// @param rows  > 1
double expanded_confidence(double confidence, std::size_t rows);

/// The middle value; of an even number, the mean of the two. 0 of none.
double median(std::span<const double> values);

/// Interval of median(b) / median(a), where a[i] and b[i] were measured in the same round: rounds
/// are drawn, so that what slowed both in one round cancels out. Of five rounds the interval
/// reaches about from the least to the greatest (a draw takes the least for the median in 5.8 % of
/// cases), and holds the truth a little less often than it says: 94 % for one median of five.
/// @param a,b  of one size, > 0; all values > 0
Interval ratio_of_medians(std::span<const double> a, std::span<const double> b,
                          const BootstrapSettings& settings = {});

}  // namespace fairlead::bench
