/// Latencies in fixed memory: per power of two 64 linear steps, so that a quantile is at most 1/64
/// (1.6 %) too high from a microsecond to an hour (the layout of HdrHistogram, Tene 2013). One
/// thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "proxy/base/clock.h"

namespace fairlead::bench {

class LatencyHistogram {
  public:
    void record(Duration latency);
    void add(const LatencyHistogram& other);

    std::uint64_t count() const { return count_; }
    /// The smallest step that at least `share` of the latencies do not exceed; 0 when there are
    /// none.
    /// @param share  0 to 1
    Duration quantile(double share) const;
    Duration max() const { return max_; }

  private:
    static constexpr unsigned kStepBits = 6;
    static constexpr std::size_t kSteps = std::size_t{1} << kStepBits;
    static constexpr std::size_t kBuckets = kSteps * 28;  // up to 2^33 us: more than two hours

    static std::size_t index(std::uint64_t us);
    static std::uint64_t upper_us(std::size_t index);

    std::array<std::uint64_t, kBuckets> buckets_{};
    std::uint64_t count_ = 0;
    Duration max_{};
};

}  // namespace fairlead::bench
