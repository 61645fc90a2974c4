#include "proxy/cli/demo_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

namespace fairlead::cli {

namespace {

std::string median_and_worst(std::vector<Duration> times) {
    if (times.empty()) return "nothing to measure";
    std::sort(times.begin(), times.end());
    return fmt::format("median {}, worst {}", demo_duration(times[(times.size() - 1) / 2]),
                       demo_duration(times.back()));
}

/// "2 closed, 1 timeout"; empty when there is none.
std::string failure_kinds(const bench::TrafficCounts& counts) {
    struct Kind {
        std::string_view word;
        std::uint64_t count;
    };
    std::string out;
    for (const Kind& kind : {Kind{"not 2xx", counts.bad_status}, Kind{"refused", counts.refused},
                             Kind{"closed", counts.closed}, Kind{"not HTTP", counts.bad_response},
                             Kind{"timeout", counts.timeout}}) {
        if (kind.count == 0) continue;
        fmt::format_to(std::back_inserter(out), "{}{} {}", out.empty() ? "" : ", ",
                       demo_number(kind.count), kind.word);
    }
    return out;
}

}  // namespace

std::string demo_duration(Duration duration) {
    const double ms = std::chrono::duration<double, std::milli>(duration).count();
    if (ms < 1) return fmt::format("{:.0f}us", ms * 1000);
    if (ms < 100) return fmt::format("{:.0f}ms", ms);
    return ms < 1000 ? fmt::format("{:.2f}s", ms / 1000) : fmt::format("{:.1f}s", ms / 1000);
}

std::string demo_number(std::uint64_t number) {
    std::string out = std::to_string(number);
    for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
    return out;
}

std::string DemoReport::text() const {
    std::string out;
    auto line = [&out](std::string_view name, std::string_view value) {
        fmt::format_to(std::back_inserter(out), "{:<24}{}\n", name, value);
    };
    const std::string kinds = failure_kinds(traffic);
    line("requests", fmt::format("{} in {}", demo_number(traffic.finished()), demo_duration(took)));
    line("client-visible failures",
         demo_number(traffic.failures()) + (kinds.empty() ? "" : " (" + kinds + ")"));
    line("retries", demo_number(retries));
    const std::string unnoticed =
        recovery.unnoticed() == 0
            ? std::string()
            : fmt::format(" ({} back before it was noticed)", recovery.unnoticed());
    line("outages", std::to_string(recovery.kills()) + unnoticed);
    line("time to detect", median_and_worst(recovery.detected()));
    line("time to return", median_and_worst(recovery.returned()));
    line("latency",
         fmt::format("p50 {}, p99 {}, worst {}", demo_duration(traffic.latency.quantile(0.5)),
                     demo_duration(traffic.latency.quantile(0.99)),
                     demo_duration(traffic.latency.max())));
    return out;
}

int DemoReport::exit_code() const {
    return traffic.failures() == 0 && traffic.answered > 0 ? 0 : 1;
}

}  // namespace fairlead::cli
