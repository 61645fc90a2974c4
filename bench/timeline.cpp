#include "bench/timeline.h"

#include <utility>

namespace fairlead::bench {

namespace {

using Buckets = std::vector<LatencyHistogram::Bucket>;

Buckets merge(const Buckets& a, const Buckets& b) {
    Buckets out;
    out.reserve(a.size() + b.size());
    std::size_t at_b = 0;
    for (const LatencyHistogram::Bucket& bucket : a) {
        while (at_b < b.size() && b[at_b].upper_us < bucket.upper_us) out.push_back(b[at_b++]);
        out.push_back(bucket);
        if (at_b < b.size() && b[at_b].upper_us == bucket.upper_us) {
            out.back().count += b[at_b++].count;
        }
    }
    out.insert(out.end(), b.begin() + static_cast<std::ptrdiff_t>(at_b), b.end());
    return out;
}

/// `later` follows `row`.
void append(TimelineRow& row, const TimelineRow& later) {
    row.second = later.second;
    row.outcomes.add(later.outcomes);
    row.late = later.late;
    row.latencies = merge(row.latencies, later.latencies);
}

}  // namespace

void Timeline::add(double second, const Tally& tally, std::uint64_t late) {
    TimelineRow row{second, tally.outcomes, late, tally.from_planned.buckets()};
    if (!rows_.empty() && in_last_ < merged_) {
        append(rows_.back(), row);
        ++in_last_;
        return;
    }
    if (rows_.size() == kRowsMax) halve();
    rows_.push_back(std::move(row));
    in_last_ = 1;
}

void Timeline::halve() {
    for (std::size_t i = 0; i < rows_.size() / 2; ++i) {
        append(rows_[2 * i], rows_[2 * i + 1]);
        if (i > 0) rows_[i] = std::move(rows_[2 * i]);
    }
    rows_.resize(rows_.size() / 2);
    merged_ *= 2;
}

std::vector<TimelineRow> Timeline::take() { return std::exchange(rows_, {}); }

}  // namespace fairlead::bench
