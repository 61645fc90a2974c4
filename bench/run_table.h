/// A run as text: one line a second while it runs and a table at its end. Plain text, no colours.
#pragma once

#include <string>

#include "bench/load_run.h"
#include "bench/run_report.h"

namespace fairlead::bench {

/// The final table, lines with their ends.
std::string run_table(const RunReport& report);

/// One line with its end: second, rate, latencies, errors and what is late.
std::string progress_line(const LoadProgress& progress);

/// "timeout 3, status_5xx 17"; "none" when there were no errors.
std::string error_list(const OutcomeCounts& outcomes);

/// What was asked for: "open loop at 5,000/s, 64 connections, 1 thread".
std::string run_settings(const RunReport& report);

/// What to do when the generator was the limit.
std::string generator_limited_cure(const RunReport& report);

}  // namespace fairlead::bench
