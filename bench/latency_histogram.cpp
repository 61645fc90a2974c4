#include "bench/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace fairlead::bench {

namespace {

std::uint64_t whole_us(Duration latency) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
    return us > 0 ? static_cast<std::uint64_t>(us) : 0;
}

}  // namespace

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

void LatencyHistogram::record(Duration latency, std::uint64_t times) {
    latency = std::max(latency, Duration::zero());
    buckets_[index(whole_us(latency))] += times;
    count_ += times;
    sum_us_ += static_cast<double>(latency.count()) / 1000 * static_cast<double>(times);
    min_ = std::min(min_, latency);
    max_ = std::max(max_, latency);
}

void LatencyHistogram::add(const LatencyHistogram& other) {
    if (other.count_ == 0) return;
    for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_us_ += other.sum_us_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

void LatencyHistogram::clear() {
    std::fill(buckets_.begin(), buckets_.end(), 0);
    count_ = 0;
    sum_us_ = 0;
    min_ = Duration::max();
    max_ = Duration::zero();
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

Duration LatencyHistogram::mean() const {
    if (count_ == 0) return Duration::zero();
    return Duration(static_cast<std::int64_t>(sum_us_ / static_cast<double>(count_) * 1000));
}

std::uint64_t LatencyHistogram::count_above(Duration latency) const {
    std::uint64_t above = 0;
    for (std::size_t i = index(whole_us(latency)) + 1; i < kBuckets; ++i) above += buckets_[i];
    return above;
}

std::vector<LatencyHistogram::Bucket> LatencyHistogram::buckets() const {
    std::vector<Bucket> used;
    for (std::size_t i = 0; i < kBuckets; ++i) {
        if (buckets_[i] != 0) used.push_back({upper_us(i), buckets_[i]});
    }
    return used;
}

void LatencyHistogram::add_bucket(const Bucket& bucket) {
    record(std::chrono::microseconds(bucket.upper_us), bucket.count);
}

LatencyHistogram LatencyHistogram::restored(std::span<const Bucket> buckets, Duration min,
                                            Duration mean, Duration max) {
    LatencyHistogram histogram;
    for (const Bucket& bucket : buckets) histogram.add_bucket(bucket);
    if (histogram.count_ == 0) return histogram;
    histogram.min_ = min;
    histogram.max_ = max;
    histogram.sum_us_ =
        static_cast<double>(mean.count()) / 1000 * static_cast<double>(histogram.count_);
    return histogram;
}

}  // namespace fairlead::bench
