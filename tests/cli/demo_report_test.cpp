#include "proxy/cli/demo_report.h"

#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace fairlead::cli {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

bench::Tally answered(std::uint64_t count) {
    bench::Tally tally;
    tally.outcomes[bench::Outcome::Ok] = count;
    tally.from_planned.record(milliseconds(2));
    return tally;
}

}  // namespace

TEST_CASE("the report tells requests, failures, retries and the times of the outages",
          "[cli][demo]") {
    const bench::Tally counts = answered(18'204);
    DemoRecovery recovery(1);
    FakeClock clock;
    for (const int ms : {400, 600, 200}) {
        recovery.on_killed(0, clock.now());
        recovery.observe(0, false, clock.now() + milliseconds(ms));
        recovery.on_revived(0, clock.now());
        recovery.observe(0, true, clock.now() + milliseconds(3 * ms));
    }
    recovery.on_killed(0, clock.now());
    recovery.on_revived(0, clock.now());
    const DemoReport report{seconds(20), counts, 312, recovery};
    CHECK(report.text() ==
          "requests                18,204 in 20.0s\n"
          "client-visible failures 0\n"
          "retries                 312\n"
          "outages                 4 (1 back before it was noticed)\n"
          "time to detect          median 400ms, worst 600ms\n"
          "time to return          median 1.20s, worst 1.80s\n"
          "latency                 p50 2.00ms, p99 2.00ms, worst 2.00ms\n");
    CHECK(report.exit_code() == 0);
}

TEST_CASE("any failure a client saw is named by its kind and fails the demo", "[cli][demo]") {
    const DemoRecovery recovery(1);
    bench::Tally counts = answered(10);
    counts.outcomes[bench::Outcome::Reset] = 1;
    counts.outcomes[bench::Outcome::Timeout] = 2;
    const DemoReport report{seconds(1), counts, 0, recovery};
    CHECK(report.text().find("client-visible failures 3 (1 reset, 2 timeout)\n") !=
          std::string::npos);
    CHECK(report.exit_code() == 1);
}

TEST_CASE("each kind of failure alone fails the demo", "[cli][demo]") {
    const DemoRecovery recovery(1);
    for (std::size_t i = 1; i < bench::kOutcomes; ++i) {
        bench::Tally counts = answered(10);
        counts.outcomes.by_outcome[i] = 1;
        CHECK(DemoReport{seconds(1), counts, 0, recovery}.exit_code() == 1);
    }
}

TEST_CASE("a demo in which nothing was answered has not succeeded", "[cli][demo]") {
    const DemoRecovery recovery(1);
    const bench::Tally none;
    const DemoReport report{seconds(1), none, 0, recovery};
    CHECK(report.exit_code() == 1);
    CHECK(report.text().find("time to detect          nothing to measure\n") != std::string::npos);
}

}  // namespace fairlead::cli
