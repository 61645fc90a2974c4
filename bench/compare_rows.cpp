#include "bench/compare_rows.h"

#include <algorithm>
#include <cmath>

namespace fairlead::bench {

CompareRows::CompareRows(const RunReport& report) {
    for (const TimelineRow& row : report.timeline) {
        for (const auto& bucket : row.latencies) upper_us_.push_back(bucket.upper_us);
    }
    for (const auto& bucket : report.from_planned.buckets()) upper_us_.push_back(bucket.upper_us);
    std::sort(upper_us_.begin(), upper_us_.end());
    upper_us_.erase(std::unique(upper_us_.begin(), upper_us_.end()), upper_us_.end());
    merged_.resize(upper_us_.size());
    add_rows(report.timeline);
    if (!rows_.empty()) add_what_ended_after(report);
}

void CompareRows::add_rows(const std::vector<TimelineRow>& timeline) {
    const std::size_t together = (timeline.size() + kRowsMax - 1) / kRowsMax;
    double before = 0;
    for (std::size_t i = 0; i < timeline.size(); ++i) {
        if (i % together == 0) rows_.emplace_back();
        const TimelineRow& from = timeline[i];
        Row& row = rows_.back();
        row.seconds += from.second - before;
        row.ended += from.outcomes.total();
        row.judged += from.outcomes.total();
        row.errors += from.outcomes.errors();
        for (const auto& bucket : from.latencies) {
            const auto column =
                std::lower_bound(upper_us_.begin(), upper_us_.end(), bucket.upper_us);
            row.steps.push_back(
                {static_cast<std::size_t>(column - upper_us_.begin()), bucket.count});
        }
        before = from.second;
    }
}

/// Requests that were still waiting when the measured part ended are in the run's totals and in no
/// row. They are the longest of all: without them an interval would not hold its own percentile.
void CompareRows::add_what_ended_after(const RunReport& report) {
    std::vector<std::uint64_t> seen(upper_us_.size());
    std::uint64_t judged = 0;
    std::uint64_t errors = 0;
    for (const Row& row : rows_) {
        for (const Step& step : row.steps) seen[step.column] += step.count;
        judged += row.judged;
        errors += row.errors;
    }
    Row& last = rows_.back();
    for (const auto& bucket : report.from_planned.buckets()) {
        const auto at = std::lower_bound(upper_us_.begin(), upper_us_.end(), bucket.upper_us);
        const auto column = static_cast<std::size_t>(at - upper_us_.begin());
        if (bucket.count > seen[column])
            last.steps.push_back({column, bucket.count - seen[column]});
    }
    const std::uint64_t all = report.outcomes.total();
    if (all > judged) last.judged += all - judged;
    if (report.outcomes.errors() > errors) last.errors += report.outcomes.errors() - errors;
}

double CompareRows::percentile_us(double share, std::uint64_t count) const {
    if (count == 0) return 0;
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count)));
    std::uint64_t seen = 0;
    for (std::size_t column = 0; column < merged_.size(); ++column) {
        seen += merged_[column];
        if (seen >= wanted) return static_cast<double>(upper_us_[column]);
    }
    return static_cast<double>(upper_us_.back());
}

RowStatistics CompareRows::statistics(std::span<const std::size_t> indexes) {
    std::fill(merged_.begin(), merged_.end(), 0);
    Row sum;
    std::uint64_t latencies = 0;
    for (const std::size_t index : indexes) {
        const Row& row = rows_[index];
        sum.seconds += row.seconds;
        sum.ended += row.ended;
        sum.judged += row.judged;
        sum.errors += row.errors;
        for (const Step& step : row.steps) {
            merged_[step.column] += step.count;
            latencies += step.count;
        }
    }
    RowStatistics statistics;
    for (std::size_t i = 0; i < kComparedPercentiles; ++i) {
        statistics.percentile_us[i] = percentile_us(kComparedShares[i], latencies);
    }
    if (sum.seconds > 0) statistics.rate = static_cast<double>(sum.ended) / sum.seconds;
    if (sum.judged > 0) {
        statistics.error_share = static_cast<double>(sum.errors) / static_cast<double>(sum.judged);
    }
    return statistics;
}

}  // namespace fairlead::bench
