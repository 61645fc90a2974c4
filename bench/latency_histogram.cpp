#include "bench/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace fairlead::bench {

/// Values below kSteps have a bucket each; above, the bits after the leading one choose the step.
std::size_t LatencyHistogram::index(std::uint64_t us) {
    if (us < kSteps) return us;
    const auto shift = static_cast<unsigned>(std::bit_width(us)) - kStepBits - 1;
    const std::size_t step = us >> shift;  // kSteps to 2 * kSteps - 1
    return std::min(shift * kSteps + step, kBuckets - 1);
}

std::uint64_t LatencyHistogram::upper_us(std::size_t index) {
    if (index < 2 * kSteps) return index;
    const std::size_t shift = index / kSteps - 1;
    const std::size_t step = index - shift * kSteps;
    return ((step + 1) << shift) - 1;
}

void LatencyHistogram::record(Duration latency) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
    ++buckets_[index(us > 0 ? static_cast<std::uint64_t>(us) : 0)];
    ++count_;
    max_ = std::max(max_, latency);
}

void LatencyHistogram::add(const LatencyHistogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
}

Duration LatencyHistogram::quantile(double share) const {
    if (count_ == 0) return Duration::zero();
    const auto wanted = static_cast<std::uint64_t>(
        std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
        seen += buckets_[i];
        if (seen >= wanted && seen > 0) {
            return std::min<Duration>(std::chrono::microseconds(upper_us(i)), max_);
        }
    }
    return max_;
}

}  // namespace fairlead::bench
