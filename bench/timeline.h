/// The timeline of a run in bounded memory: when it has too many rows, neighbours are merged and
/// the interval doubles. One thread.
#pragma once

#include <cstddef>
#include <vector>

#include "bench/run_report.h"
#include "bench/tally.h"

namespace fairlead::bench {

class Timeline {
  public:
    static constexpr std::size_t kRowsMax = 600;

    /// @param second  since the measured part began, of the interval's end
    void add(double second, const Tally& tally, std::uint64_t late);

    double interval_seconds() const { return static_cast<double>(merged_); }
    std::vector<TimelineRow> take();

  private:
    void halve();

    std::vector<TimelineRow> rows_;
    std::size_t merged_ = 1;   // intervals in a row
    std::size_t in_last_ = 0;  // intervals in the last row; merged_ when it is full
};

}  // namespace fairlead::bench
