// Checks and real traffic together: one verdict, one reason.
#include "tests/health/simulated_checks.h"

using namespace fairlead;
using namespace fairlead::health;
using namespace std::chrono_literals;
using balancing::Fault;
using balancing::State;
using telemetry::Metric;

namespace {

/// Requests fail on this backend for so long, and are answered by the others.
void fail_requests(SimulatedChecks& checks, unsigned number, Fault fault, Duration duration) {
    for (Duration passed{}; passed < duration; passed += 50ms) {
        for (unsigned i = 1; i <= checks.pool->backends().size(); ++i) {
            if (i == number) {
                checks.backend(i).note_fault(fault, checks.clock.now());
            } else {
                checks.backend(i).note_answered();
            }
        }
        checks.run_for(50ms);
    }
}

SimulatedChecks& running(SimulatedChecks& checks) {
    checks.watch_all();
    checks.monitor.watch_traffic(checks.pool);
    checks.start();
    checks.run_for(60s);
    checks.logged();  // not of interest
    return checks;
}

}  // namespace

TEST_CASE("a backend that fails requests is ejected and checked at once, in words",
          "[health][ejection]") {
    SimulatedChecks checks{3};
    running(checks);
    fail_requests(checks, 2, Fault::Answer, 1300ms);
    REQUIRE(checks.state(2) == State::Ejected);
    CHECK(checks.logged() ==
          "warn pool app: backend b2 (127.0.0.1:3002) is ejected: 25 requests in a row failed, the "
          "last with a 5xx answer; out for 10s, was up for 1m1s\n");
    const Health health = checks.health(2);
    CHECK(health.reason.find(
              "25 requests in a row failed, the last with a 5xx answer at 22:14:2") == 0);
    CHECK(health.reason.find(", back in ") != std::string::npos);
    CHECK(health.reason.find(" passed, last ") != std::string::npos);
    CHECK(checks.metrics.counter(Metric::EjectionsTotal, {"app", "b2"}).value() == 1);
    const std::vector<Time> starts = checks.probes.starts_of(checks.address(2));
    CHECK(checks.clock.now() - starts.back() <= 100ms);
}

TEST_CASE("who refused connections is back when its checks pass, before its time",
          "[health][ejection]") {
    SimulatedChecks checks{3};
    running(checks);
    fail_requests(checks, 2, Fault::Connect, 1300ms);
    REQUIRE(checks.state(2) == State::Ejected);
    checks.logged();         // not of interest
    checks.run_for(1500ms);  // at once, and once more after `every_changing`
    CHECK(checks.state(2) == State::Rising);
    CHECK(
        checks.logged().find("is rising: its checks pass, slow start over 10s, was ejected for") !=
        std::string::npos);
    checks.run_for(11s);
    CHECK(checks.state(2) == State::Up);
}

TEST_CASE("who answers badly is out for its time, whatever its checks say", "[health][ejection]") {
    SimulatedChecks checks{3};
    running(checks);
    fail_requests(checks, 2, Fault::Answer, 1300ms);
    checks.run_for(9s);
    CHECK(checks.state(2) == State::Ejected);
    checks.run_for(1500ms);
    CHECK(checks.state(2) == State::Rising);
    CHECK(checks.health(2).reason.starts_with("slow start, 9."));
}

TEST_CASE("an ejected backend that its checks find down is down, and back with them",
          "[health][ejection]") {
    SimulatedChecks checks{3};
    running(checks);
    checks.let_fail(2);
    fail_requests(checks, 2, Fault::Connect, 1300ms);
    checks.run_for(2s);
    CHECK(checks.state(2) == State::Down);
    CHECK(checks.health(2).reason.find("connect refused") != std::string::npos);
    checks.let_pass(2);
    checks.run_for(7s);
    CHECK(checks.state(2) == State::Rising);
    CHECK_FALSE(checks.backend(2).is_ejected());
}

TEST_CASE("a pool without checks ejects, and says so", "[health][ejection]") {
    balancing::PoolSettings settings;
    settings.has_checks = false;
    SimulatedChecks checks{3, settings};
    checks.monitor.watch_traffic(checks.pool);
    checks.start();
    checks.run_for(1s);
    fail_requests(checks, 1, Fault::Silent, 1300ms);
    CHECK(checks.state(1) == State::Ejected);
    CHECK(checks.health(1).reason.find("the last with no answer in time at ") != std::string::npos);
    CHECK(checks.health(1).reason.ends_with("; no check"));
    checks.run_for(10s);
    CHECK(checks.state(1) == State::Rising);
    CHECK(checks.health(1).reason.starts_with("slow start, "));
    checks.run_for(10s);
    CHECK(checks.state(1) == State::Unknown);
    CHECK(checks.logged().ends_with(
        "info pool app: backend b1 (127.0.0.1:3001) is unknown: slow start is over, was rising for "
        "10s\n"));
}
