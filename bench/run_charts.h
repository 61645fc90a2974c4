/// The plots of one run.
#pragma once

#include "bench/chart.h"
#include "bench/run_report.h"

namespace fairlead::bench {

/// Latency over the share of requests that took no longer, the last of them drawn wide (as
/// HdrHistogram plots do): from the planned start and from the send.
LineChart percentile_chart(const RunReport& report);
/// How many requests took how long.
LineChart histogram_chart(const RunReport& report);
/// Requests and errors a second, over the run.
LineChart rate_chart(const RunReport& report);
/// p50, p99 and the maximum of each interval, from the planned start.
LineChart latency_chart(const RunReport& report);

}  // namespace fairlead::bench
