/// `--fail-if "p99>20ms,errors>0"`: conditions on a run that set the exit code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/outcome.h"
#include "bench/run_report.h"
#include "proxy/base/result.h"

namespace fairlead::bench {

/// What is looked at. The words are in docs/bench_reports.md.
struct FailMetric {
    enum class Kind : std::uint8_t {
        Percentile,  ///< `share` says which
        Mean,
        Max,
        Errors,   ///< of all kinds
        Outcome,  ///< `outcome` says which
        Unsent,
        Lost,
        Duplicated,
        Rate,  ///< achieved
    };
    Kind kind = Kind::Errors;
    bool is_from_send = false;  ///< latencies: from the actual send, else from the planned start
    double share = 0;           ///< 0 to 1
    Outcome outcome = Outcome::Ok;
};

struct FailCondition {
    enum class Comparison : std::uint8_t { Above, AtLeast, Below, AtMost };

    std::string text;  ///< as written: "p99>20ms"
    FailMetric metric;
    Comparison comparison = Comparison::Above;
    double limit = 0;       ///< in the metric's unit: nanoseconds, a count, requests a second
    bool is_share = false;  ///< `limit` is a share: of the requests, for a rate of the offered one
};

/// A condition that holds, which fails the run.
struct FailFinding {
    std::string condition;  ///< "p99>20ms"
    std::string found;      ///< "p99 is 23.1ms", or why it is not known
};

/// Conditions between commas, any of which fails the run.
/// @return an Error for an unknown metric (with the nearest one), a limit of the wrong kind or
///         without its unit, or no condition at all
Result<std::vector<FailCondition>> parse_fail_if(std::string_view text);

/// The conditions that hold, in their order. One whose value is not known counts as holding: what
/// was asked for was not shown.
std::vector<FailFinding> failing(const std::vector<FailCondition>& conditions,
                                 const RunReport& report);

/// For people: "failed: p99>20ms (p99 is 23.1ms)" for each, lines with their ends.
std::string findings_text(const std::vector<FailFinding>& findings);

}  // namespace fairlead::bench
