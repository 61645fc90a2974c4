/// Latencies in fixed memory: per power of two 1024 linear steps, so that a quantile is at most
/// 0.1 % (three significant digits) too high from a microsecond to more than an hour (the layout of
/// HdrHistogram, Tene 2013). About 200 KB; cheap to move, not to copy. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "proxy/base/clock.h"

namespace fairlead::bench {

class LatencyHistogram {
  public:
    /// One step that latencies fell into, as files keep it.
    struct Bucket {
        std::uint64_t upper_us = 0;  ///< the largest latency of the step
        std::uint64_t count = 0;     ///< of the latencies in this step, > 0
        bool operator==(const Bucket&) const = default;
    };

    LatencyHistogram() : buckets_(kBuckets) {}

    void record(Duration latency, std::uint64_t times = 1);
    void add(const LatencyHistogram& other);
    /// Back to empty, memory kept.
    void clear();

    std::uint64_t count() const { return count_; }
    /// The smallest step that at least `share` of the latencies do not exceed; 0 when there are
    /// none.
    /// @param share  0 to 1
    Duration quantile(double share) const;
    /// Exact, as are min() and mean(); 0 when there are none.
    Duration max() const { return max_; }
    Duration min() const { return count_ == 0 ? Duration::zero() : min_; }
    Duration mean() const;
    /// How many were longer than `latency`, by the steps: at most 0.1 % of it uncertain.
    std::uint64_t count_above(Duration latency) const;

    /// The steps that hold something, in order. add_bucket() of each into an empty histogram gives
    /// the same quantiles.
    std::vector<Bucket> buckets() const;
    void add_bucket(const Bucket& bucket);
    /// What add_bucket() of each makes, with the values that steps keep to 0.1 % only as they were.
    /// @param min,mean,max  of the original
    static LatencyHistogram restored(std::span<const Bucket> buckets, Duration min, Duration mean,
                                     Duration max);

  private:
    static constexpr unsigned kStepBits = 10;
    static constexpr std::size_t kSteps = std::size_t{1} << kStepBits;
    static constexpr std::size_t kBuckets = kSteps * 24;  // up to 2^33 us: more than two hours

    static std::size_t index(std::uint64_t us);
    static std::uint64_t upper_us(std::size_t index);

    std::vector<std::uint64_t> buckets_;
    std::uint64_t count_ = 0;
    double sum_us_ = 0;
    Duration min_ = Duration::max();
    Duration max_{};
};

}  // namespace fairlead::bench
