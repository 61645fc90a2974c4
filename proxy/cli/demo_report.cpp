#include "proxy/cli/demo_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "bench/figures.h"

namespace fairlead::cli {

using bench::human_duration;
using bench::human_number;

namespace {

std::string median_and_worst(std::vector<Duration> times) {
    if (times.empty()) return "nothing to measure";
    std::sort(times.begin(), times.end());
    return fmt::format("median {}, worst {}", human_duration(times[(times.size() - 1) / 2]),
                       human_duration(times.back()));
}

/// "2 reset, 1 timeout"; empty when there is none.
std::string failure_kinds(const bench::OutcomeCounts& outcomes) {
    std::string out;
    for (std::size_t i = 0; i < bench::kOutcomes; ++i) {
        const auto outcome = static_cast<bench::Outcome>(i);
        if (outcome == bench::Outcome::Ok || outcomes[outcome] == 0) continue;
        fmt::format_to(std::back_inserter(out), "{}{} {}", out.empty() ? "" : ", ",
                       human_number(outcomes[outcome]), bench::outcome_word(outcome));
    }
    return out;
}

}  // namespace

std::string DemoReport::text() const {
    std::string out;
    auto line = [&out](std::string_view name, std::string_view value) {
        fmt::format_to(std::back_inserter(out), "{:<24}{}\n", name, value);
    };
    const std::string kinds = failure_kinds(traffic.outcomes);
    line("requests",
         fmt::format("{} in {}", human_number(traffic.outcomes.total()), human_duration(took)));
    line("client-visible failures",
         human_number(traffic.outcomes.errors()) + (kinds.empty() ? "" : " (" + kinds + ")"));
    line("retries", human_number(retries));
    const std::string unnoticed =
        recovery.unnoticed() == 0
            ? std::string()
            : fmt::format(" ({} back before it was noticed)", recovery.unnoticed());
    line("outages", std::to_string(recovery.kills()) + unnoticed);
    line("time to detect", median_and_worst(recovery.detected()));
    line("time to return", median_and_worst(recovery.returned()));
    line("latency",
         fmt::format("p50 {}, p99 {}, worst {}", human_duration(traffic.from_planned.quantile(0.5)),
                     human_duration(traffic.from_planned.quantile(0.99)),
                     human_duration(traffic.from_planned.max())));
    return out;
}

int DemoReport::exit_code() const {
    return traffic.outcomes.errors() == 0 && traffic.outcomes.ok() > 0 ? 0 : 1;
}

}  // namespace fairlead::cli
