/// A run's timeline in the form in which it is drawn from again and again: the statistics of any
/// choice of its rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bench/run_report.h"

namespace fairlead::bench {

/// The percentiles that are compared with an interval.
inline constexpr double kComparedShares[] = {0.5, 0.9, 0.99, 0.999};
inline constexpr std::size_t kComparedPercentiles = 4;

struct RowStatistics {
    double percentile_us[kComparedPercentiles] = {};  ///< 0 when there are no latencies
    double rate = 0;                                  ///< requests that ended, a second
    double error_share = 0;
};

class CompareRows {
  public:
    explicit CompareRows(const RunReport& report);

    /// At most kRowsMax: a longer timeline is put together by neighbours. Each row is drawn whole,
    /// so this costs nothing but time saved.
    std::size_t size() const { return rows_.size(); }
    /// Of the rows with these indexes, each as often as it is named.
    RowStatistics statistics(std::span<const std::size_t> indexes);

    static constexpr std::size_t kRowsMax = 60;

  private:
    struct Step {
        std::size_t column = 0;  ///< index in upper_us_
        std::uint64_t count = 0;
    };
    struct Row {
        double seconds = 0;
        std::uint64_t ended = 0;   ///< within the row
        std::uint64_t judged = 0;  ///< for the share of errors: ended, and in the last row what
                                   ///< ended after the measured part
        std::uint64_t errors = 0;
        std::vector<Step> steps{};
    };

    void add_rows(const std::vector<TimelineRow>& timeline);
    void add_what_ended_after(const RunReport& report);
    double percentile_us(double share, std::uint64_t count) const;

    std::vector<std::uint64_t> upper_us_;  ///< ascending
    std::vector<Row> rows_;
    std::vector<std::uint64_t> merged_;  ///< by column, of the last choice
};

}  // namespace fairlead::bench
