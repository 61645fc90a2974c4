/// A run as a file that other programs read: `--json`. The schema is in docs/bench_reports.md; a
/// member that changes its meaning changes the number at the end of kRunSchema.
#pragma once

#include <string>
#include <string_view>

#include "bench/run_report.h"
#include "proxy/base/result.h"

namespace fairlead::bench {

inline constexpr std::string_view kRunSchema = "fairlead-bench/run/1";

/// The percentiles that a file names, beside the buckets that hold all of them.
struct RunPercentile {
    const char* name;
    double share;
};
inline constexpr RunPercentile kRunPercentiles[] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}};

/// One JSON object and a newline. Text that is not UTF-8 gets replacement characters.
std::string to_json(const RunReport& report);

/// @param file  for the Error; not opened
/// @return the run as it was written, to the nanosecond; an Error that names the member that is
///         missing, of another type or impossible. Members it does not know are ignored.
Result<RunReport> from_json(std::string_view text, const std::string& file);

/// from_json() of a file.
Result<RunReport> read_run(const std::string& path);

}  // namespace fairlead::bench
