/// Runs made up for tests: every member filled, or with latencies drawn from a known distribution.
#pragma once

#include <cstdint>

#include "bench/run_report.h"

namespace fairlead::bench {

/// A run of 3 s with a few errors, late requests and executions; the same each time.
RunReport sample_report();

/// A run of `seconds` at 1,000 requests a second. Latencies are log-normal around 2 ms and drift
/// from second to second, times `factor`.
/// @param error_share  of the requests that end with status 500
RunReport drawn_report(std::uint64_t seed, unsigned seconds, double factor,
                       double error_share = 0.01);

}  // namespace fairlead::bench
