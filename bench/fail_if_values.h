/// What a `--fail-if` condition looks at, taken from a run.
#pragma once

#include <optional>
#include <string>

#include "bench/fail_if.h"

namespace fairlead::bench {

struct FailValue {
    std::optional<double> number;  ///< in the unit of the condition's limit; absent: not known
    std::string text;              ///< "is 23.1ms", "is not known: ..."
};

/// "send.p99.9", "errors", "status_5xx".
std::string metric_name(const FailMetric& metric);

FailValue value_of(const FailCondition& condition, const RunReport& report);

}  // namespace fairlead::bench
