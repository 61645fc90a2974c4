#include "tests/bench/sample_report.h"

#include <cmath>
#include <numbers>

#include "proxy/base/random.h"

namespace fairlead::bench {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// Standard normal (Box and Muller 1958).
double normal(Random& random) {
    const double radius = std::sqrt(-2 * std::log(1 - random.unit()));
    return radius * std::cos(2 * std::numbers::pi * random.unit());
}

void describe(RunReport& report) {
    report.version = "0.1.0";
    report.command_line = "fairlead-bench run http://127.0.0.1:8080/ --rate 1000";
    report.started = "2026-03-01T12:00:00Z";
    report.host = "lab1";
    report.kernel = "Linux 6.1.0";
    report.cpu_model = "Example CPU @ 2.00GHz";
    report.cpus = 2;
    report.targets = {"http://127.0.0.1:8080/"};
    report.protocols = {"HTTP/1.1"};
    report.connections = 64;
    report.threads = 1;
    report.warmup = seconds(1);
}

}  // namespace

RunReport sample_report() {
    RunReport report;
    describe(report);
    report.duration = seconds(3);
    report.offered_rate = 1000;
    report.achieved_rate = 998.5;
    report.planned = 3000;
    report.unsent = 2;
    for (int second = 1; second <= 3; ++second) {
        TimelineRow row;
        row.second = second;
        LatencyHistogram latencies;
        for (int i = 0; i < 990; ++i) latencies.record(microseconds(500 + i * second));
        row.outcomes[Outcome::Ok] = 990;
        row.outcomes[Outcome::Status5xx] = second == 2 ? 8 : 0;
        row.late = second == 3 ? 2 : 0;
        row.latencies = latencies.buckets();
        report.from_planned.add(latencies);
        report.outcomes.add(row.outcomes);
        report.timeline.push_back(row);
    }
    report.from_planned.record(milliseconds(31) + Duration(7), 2);
    report.from_send.record(microseconds(600), 2970);
    report.outcomes[Outcome::Timeout] = 2;
    report.bytes_sent = 180'000;
    report.bytes_received = 1'234'567;
    report.connections_opened = 64;
    report.requests_reused = 2936;
    report.cpu = {0.12, 0.34, 0.16};
    report.executions = Executions{3998, 3999, 1, 0, {"1-17"}};
    return report;
}

RunReport drawn_report(std::uint64_t seed, unsigned seconds_count, double factor,
                       double error_share) {
    Random random(seed);
    RunReport report;
    describe(report);
    report.duration = seconds(seconds_count);
    report.offered_rate = 1000;
    for (unsigned second = 1; second <= seconds_count; ++second) {
        TimelineRow row;
        row.second = second;
        LatencyHistogram latencies;
        const double drift = std::exp(0.03 * normal(random));
        for (int i = 0; i < 1000; ++i) {
            const double us = 2000 * factor * drift * std::exp(0.4 * normal(random));
            latencies.record(microseconds(std::llround(us)));
            row.outcomes[random.unit() < error_share ? Outcome::Status5xx : Outcome::Ok] += 1;
        }
        row.latencies = latencies.buckets();
        report.from_planned.add(latencies);
        report.from_send.add(latencies);
        report.outcomes.add(row.outcomes);
        report.timeline.push_back(std::move(row));
    }
    report.planned = report.outcomes.total();
    report.achieved_rate = 1000;
    report.cpu = {0.02 * seconds_count, 0.03 * seconds_count, 0.05};
    return report;
}

}  // namespace fairlead::bench
