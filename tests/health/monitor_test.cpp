#include "health/monitor.h"

#include <algorithm>

#include "tests/health/simulated_checks.h"

using namespace fairlead;
using namespace fairlead::health;
using namespace std::chrono_literals;
using balancing::State;
using telemetry::Metric;

namespace {

/// Times between neighbours.
std::vector<Duration> gaps(const std::vector<Time>& times) {
    std::vector<Duration> out;
    for (std::size_t i = 1; i < times.size(); ++i) out.push_back(times[i] - times[i - 1]);
    return out;
}

conf::Check starting(conf::CheckInit init) {
    conf::Check check;
    check.init = init;
    return check;
}

}  // namespace

TEST_CASE("one passing check makes a backend up, one failing check makes it down, at start",
          "[health][monitor]") {
    SimulatedChecks checks{2};
    checks.let_fail(2, "status 503 (expected 200-399)");
    checks.watch_all();
    CHECK(checks.state(1) == State::Unknown);
    CHECK(checks.health(1).reason == "no result yet");
    checks.start();
    checks.run_for(1ms);
    CHECK(checks.state(1) == State::Up);
    CHECK(checks.state(2) == State::Down);
    CHECK(checks.logged() ==
          "info pool app: backend b1 (127.0.0.1:3001) is up: 1 passed\n"
          "warn pool app: backend b2 (127.0.0.1:3002) is down: 1 x status 503 (expected "
          "200-399)\n");
}

TEST_CASE("a backend that fails is out after `fall` checks, with one line and its reason",
          "[health][monitor]") {
    SimulatedChecks checks{2};
    checks.watch_all();
    checks.start();
    checks.run_for(130s);
    const WallTime before = checks.clock.wall();
    checks.logged();  // not of interest
    checks.let_fail(1);

    const std::size_t started = checks.probes.starts_of(checks.address(1)).size();
    while (checks.state(1) == State::Up) checks.run_for(10ms);
    CHECK(checks.probes.starts_of(checks.address(1)).size() == started + 3);
    CHECK(checks.logged() ==
          "warn pool app: backend b1 (127.0.0.1:3001) is down: 3 x connect refused, was up for "
          "2m11s\n");

    const Health health = checks.health(1);
    CHECK(health.state == State::Down);
    CHECK(health.reason == "3 connect refused, last 22:15:30; next check in 4.6s");
    CHECK(health.since > before + 1s);
    CHECK(health.since < before + 4s);
    CHECK(health.last_at == health.since);
    CHECK(health.last->reason == "connect refused");
    CHECK(health.failed == 3);
    CHECK(health.passed == started);
    CHECK(checks.state(2) == State::Up);
}

TEST_CASE("a backend that comes back while another is up rises, and is up when slow start is over",
          "[health][monitor]") {
    SimulatedChecks checks{2};
    checks.let_fail(1);
    checks.watch_all();
    checks.start();
    checks.run_for(20s);
    CHECK(checks.state(1) == State::Down);

    checks.logged();  // not of interest
    checks.let_pass(1);
    while (checks.state(1) == State::Down) checks.run_for(10ms);
    CHECK(checks.state(1) == State::Rising);
    CHECK(checks.health(1).reason ==
          "slow start, 10s left; 2 passed, last 22:13:43; next check in 2.0s");
    checks.run_for(9s);
    CHECK(checks.state(1) == State::Rising);
    checks.run_for(1100ms);
    CHECK(checks.state(1) == State::Up);
    CHECK(checks.logged() ==
          "info pool app: backend b1 (127.0.0.1:3001) is rising: 2 passed, slow start over 10s, "
          "was down for 23s\n"
          "info pool app: backend b1 (127.0.0.1:3001) is up: slow start is over, was rising for "
          "10s\n");
}

TEST_CASE("a backend that comes back alone is up at once", "[health][monitor]") {
    SimulatedChecks checks{1};
    checks.watch_all();
    checks.start();
    checks.run_for(10s);
    checks.let_fail(1);
    checks.run_for(10s);
    REQUIRE(checks.state(1) == State::Down);
    checks.logged();  // not of interest
    checks.let_pass(1);
    checks.run_for(10s);
    CHECK(checks.state(1) == State::Up);
    CHECK(checks.logged() ==
          "info pool app: backend b1 (127.0.0.1:3001) is up: 2 passed, was down for 11s\n");
}

TEST_CASE("when the first of a pool that was out is back, the others are checked at once",
          "[health][monitor]") {
    SimulatedChecks checks{3};
    checks.watch_all();
    checks.start();
    checks.run_for(60s);
    for (unsigned each = 1; each <= 3; ++each) checks.let_fail(each);
    checks.run_for(60s);
    for (unsigned each = 1; each <= 3; ++each) REQUIRE(checks.state(each) == State::Down);
    for (unsigned each = 1; each <= 3; ++each) checks.let_pass(each);
    const auto up = [&] {
        int count = 0;
        for (unsigned each = 1; each <= 3; ++each) count += checks.state(each) == State::Up;
        return count;
    };
    while (up() == 0) checks.run_for(10ms);
    // Two passes and the time between them; alone they would have waited for up to 5 s.
    checks.run_for(700ms);
    CHECK(up() == 3);  // and none of them rises: they came back together
}

TEST_CASE("reasons that differ are not counted as one", "[health][monitor]") {
    SimulatedChecks checks{1};
    checks.watch_all();
    checks.start();
    checks.run_for(1s);
    checks.let_fail(1, "timeout after 1s");
    const std::size_t started = checks.probes.starts.size();
    while (checks.probes.starts.size() == started) checks.run_for(10ms);
    checks.let_fail(1, "connect refused");
    checks.logged();  // not of interest
    while (checks.state(1) == State::Up) checks.run_for(10ms);
    CHECK(checks.logged() ==
          "warn pool app: backend b1 (127.0.0.1:3001) is down: 3 failed, the last with connect "
          "refused, was up for 2.3s\n");
    // A new streak forgets the reasons of the one before.
    checks.let_pass(1);
    checks.run_for(10s);
    checks.let_fail(1, "timeout after 1s");
    while (checks.state(1) == State::Up) checks.run_for(10ms);
    CHECK(checks.health(1).reason.starts_with("3 timeout after 1s, last "));
}

TEST_CASE("init up and down set the state before any result", "[health][monitor]") {
    SimulatedChecks checks{2};
    checks.watch(1, starting(conf::CheckInit::Up));
    checks.watch(2, starting(conf::CheckInit::Down));
    CHECK(checks.state(1) == State::Up);
    CHECK(checks.state(2) == State::Down);
    checks.start();
    checks.run_for(1min);
    CHECK(checks.state(1) == State::Up);
    CHECK(checks.state(2) == State::Up);  // not rising: a process that starts has no slow start
    CHECK(checks.logged() ==
          "info pool app: backend b2 (127.0.0.1:3002) is up: 2 passed, was down for 0.8s\n");
}

TEST_CASE("the first round is done when every backend has its first result",
          "[health][monitor][first round]") {
    SimulatedChecks checks{3};
    checks.answer(2).takes = 300ms;
    checks.let_fail(3);
    checks.watch_all();
    const Time began = checks.clock.now();
    checks.start();
    CHECK(checks.first_rounds == 0);
    checks.run_for(5s);
    CHECK(checks.first_rounds == 1);
    CHECK(checks.first_round_at == began + 300ms);
    CHECK(checks.monitor.first_round_is_done());
}

TEST_CASE("the first round never takes longer than the longest timeout",
          "[health][monitor][first round]") {
    SimulatedChecks checks{200};  // more than fit into one batch
    for (unsigned i = 1; i <= 200; ++i) checks.answer(i).takes = 1s;
    checks.watch_all();
    const Time began = checks.clock.now();
    checks.start();
    checks.run_for(5s);
    CHECK(checks.first_rounds == 1);
    CHECK(checks.first_round_at - began >= 1s);
    CHECK(checks.first_round_at - began <= 1100ms);
}

TEST_CASE("nobody waits for backends whose init is not probe", "[health][monitor][first round]") {
    SimulatedChecks checks{1};
    SECTION("because they are assumed up") { checks.watch(1, starting(conf::CheckInit::Up)); }
    SECTION("because there is nothing to check") {}
    const Time began = checks.clock.now();
    checks.start();
    CHECK(checks.first_rounds == 0);  // not within start()
    checks.run_for(0ms);
    CHECK(checks.first_rounds == 1);
    CHECK(checks.first_round_at == began);
}

TEST_CASE("at most 64 checks are under way, the others follow as places come free",
          "[health][monitor]") {
    SimulatedChecks checks{150};
    for (unsigned i = 1; i <= 150; ++i) checks.answer(i).takes = 100ms;
    checks.watch_all();
    checks.start();
    checks.run_for(50ms);
    CHECK(checks.monitor.in_flight() == 64);
    CHECK(checks.probes.starts.size() == 64);
    checks.run_for(100ms);
    CHECK(checks.probes.starts.size() == 128);
    checks.run_for(150ms);
    CHECK(checks.probes.under_way_most == 64);
    for (unsigned i = 1; i <= 150; ++i) CHECK(checks.state(i) == State::Up);
}

TEST_CASE("backends that begin together do not stay together", "[health][monitor]") {
    SimulatedChecks checks{60};
    checks.watch_all();
    const Time began = checks.clock.now();
    checks.start();
    checks.run_for(60s);
    // The busiest tenth of a second of the last ten seconds, of 100: even would be 3 starts in it.
    std::vector<int> starts(100);
    for (const auto& [when, who] : checks.probes.starts) {
        const auto tenth = (when - began - 50s) / 100ms;
        if (tenth >= 0 && tenth < 100) ++starts[static_cast<std::size_t>(tenth)];
    }
    CHECK(*std::max_element(starts.begin(), starts.end()) <= 10);
    // The second round, too: it begins within two seconds of the first.
    std::vector<int> second(11);
    for (const auto& [when, who] : checks.probes.starts) {
        const auto fifth = (when - began) / 200ms;
        if (fifth < 11) ++second[static_cast<std::size_t>(fifth)];
    }
    CHECK(second[0] == 60);
    CHECK(*std::max_element(second.begin() + 1, second.end()) <= 15);
}

TEST_CASE("checks keep their interval, ten percent more or less", "[health][monitor]") {
    SimulatedChecks checks{1};
    checks.watch_all();
    checks.start();
    checks.run_for(10min);
    std::vector<Duration> seen = gaps(checks.probes.starts_of(checks.address(1)));
    seen.erase(seen.begin());  // the first one is drawn from a wider range
    CHECK(seen.size() > 280);
    for (const Duration gap : seen) {
        CHECK(gap >= 1800ms);
        CHECK(gap <= 2200ms);
    }
}

TEST_CASE("while a backend changes it is checked more often, while it is down less often",
          "[health][monitor]") {
    SimulatedChecks checks{1};
    checks.watch_all();
    checks.start();
    checks.run_for(10s);
    checks.let_fail(1);
    const std::size_t before = checks.probes.starts.size();
    checks.run_for(30s);
    const std::vector<Time> all = checks.probes.starts_of(checks.address(1));
    const std::vector<Duration> seen =
        gaps({all.begin() + static_cast<std::ptrdiff_t>(before), all.end()});
    REQUIRE(seen.size() >= 4);
    CHECK(seen[0] <= 550ms);
    CHECK(seen[1] <= 550ms);
    for (std::size_t i = 2; i < seen.size(); ++i) {
        CHECK(seen[i] >= 4500ms);
        CHECK(seen[i] <= 5500ms);
    }
}

TEST_CASE("a check that takes longer than the interval is followed by the next one at once",
          "[health][monitor]") {
    SimulatedChecks checks{1};
    checks.watch_all();
    checks.start();
    checks.run_for(10s);
    checks.answer(1) = {Outcome::Failed, "timeout after 1s", 1s};
    const std::size_t before = checks.probes.starts.size();
    while (checks.state(1) == State::Up) checks.run_for(10ms);
    const std::vector<Time> all = checks.probes.starts_of(checks.address(1));
    CHECK(gaps({all.begin() + static_cast<std::ptrdiff_t>(before), all.end()}) ==
          std::vector<Duration>{1s, 1s});
}

TEST_CASE("a check that cannot be made says nothing about the backend", "[health][monitor]") {
    SimulatedChecks checks{2};
    checks.watch_all();
    checks.start();
    checks.run_for(10s);
    checks.logged();  // not of interest
    for (unsigned i = 1; i <= 2; ++i)
        checks.answer(i) = {Outcome::Skipped, "no descriptor is free"};
    checks.run_for(30s);
    CHECK(checks.state(1) == State::Up);
    CHECK(checks.health(1).reason ==
          "check cannot be made: no descriptor is free, last 22:13:58; next check in 0.7s");
    CHECK(checks.logged() == "warn health checks cannot be made: no descriptor is free\n");
}

TEST_CASE("a forgotten backend is not checked any more", "[health][monitor]") {
    SimulatedChecks checks{2};
    checks.answer(1).takes = 500ms;
    checks.watch_all();
    checks.start();
    checks.run_for(100ms);
    REQUIRE(checks.monitor.in_flight() == 1);  // of b1
    checks.monitor.forget("app", "b1");
    checks.monitor.forget("app", "who?");
    CHECK(checks.monitor.in_flight() == 0);
    checks.run_for(30s);
    CHECK(checks.state(1) == State::Unknown);
    CHECK(checks.probes.starts_of(checks.address(1)).size() == 1);
    CHECK(checks.probes.starts_of(checks.address(2)).size() > 10);
    CHECK(checks.health(1).reason == "no check");
    CHECK(checks.first_rounds == 1);  // not waited for either
}

TEST_CASE("watched again, a backend keeps its results and takes the new settings",
          "[health][monitor]") {
    SimulatedChecks checks{1};
    checks.watch_all();
    checks.start();
    checks.run_for(10s);
    const std::uint64_t passed = checks.health(1).passed;
    const WallTime since = checks.health(1).since;
    conf::Check check;
    check.every = 100ms;
    checks.watch(1, check);
    CHECK(checks.state(1) == State::Up);
    CHECK(checks.health(1).passed == passed);
    CHECK(checks.health(1).since == since);
    checks.run_for(1s);
    CHECK(checks.health(1).passed >= passed + 8);
}

TEST_CASE("watched again with the same check, a backend is left in peace", "[health][monitor]") {
    SimulatedChecks checks{1};
    checks.answer(1).takes = 500ms;
    checks.watch_all();
    checks.start();
    checks.run_for(100ms);
    checks.watch(1);
    CHECK(checks.monitor.in_flight() == 1);
}

TEST_CASE("given another check in the middle of one, a backend is checked anew",
          "[health][monitor]") {
    SimulatedChecks checks{1};
    checks.answer(1).takes = 500ms;
    checks.watch_all();
    checks.start();
    checks.run_for(100ms);
    checks.let_pass(1);
    conf::Check other;
    other.path = "/other";
    checks.watch(1, other);
    CHECK(checks.monitor.in_flight() == 0);
    checks.run_for(1ms);
    CHECK(checks.state(1) == State::Up);
    CHECK(checks.first_rounds == 1);
}

TEST_CASE("another backend under the same name starts anew", "[health][monitor]") {
    SimulatedChecks checks{1};
    checks.let_fail(1);
    checks.watch_all();
    checks.start();
    checks.run_for(10s);
    REQUIRE(checks.state(1) == State::Down);
    balancing::BackendSettings moved = SimulatedChecks::backend_settings(1);
    moved.address.port = 4001;
    checks.pool = balancing::SharedPool::make("app", {}, {moved}, 1, nullptr, checks.pool.get());
    checks.watch_all();
    CHECK(checks.state(1) == State::Unknown);
    CHECK(checks.health(1).failed == 0);
    checks.run_for(1ms);
    CHECK(checks.state(1) == State::Up);
    CHECK(checks.probes.starts.back().second == "127.0.0.1:4001");
}

TEST_CASE("a state that a person has set is left alone", "[health][monitor]") {
    SimulatedChecks checks{1};
    checks.watch_all();
    checks.start();
    checks.run_for(10s);
    checks.backend(1).set_state(State::Maintenance, checks.clock.now());
    checks.let_fail(1);
    checks.run_for(10s);
    checks.let_pass(1);
    checks.run_for(30s);
    CHECK(checks.state(1) == State::Maintenance);
}

TEST_CASE("a backend without a check stays unknown and says why", "[health][monitor]") {
    SimulatedChecks checks{1};
    const WallTime began = checks.clock.wall();
    checks.start();
    checks.run_for(1min);
    const Health health = checks.health(1);
    CHECK(health.state == State::Unknown);
    CHECK(health.reason == "no check");
    CHECK(health.since == began);
    CHECK_FALSE(health.last);
}

TEST_CASE("checks are counted by result and their durations kept", "[health][monitor]") {
    SimulatedChecks checks{1};
    checks.answer(1).takes = 3ms;
    checks.watch_all();
    checks.start();
    checks.run_for(10s);
    checks.let_fail(1);
    checks.run_for(10s);
    checks.answer(1) = {Outcome::Skipped, "no descriptor is free"};
    checks.run_for(10s);
    const auto count = [&](std::string_view result) {
        return checks.metrics.counter(Metric::ChecksTotal, {"app", "b1", result}).value();
    };
    CHECK(count("passed") == checks.health(1).passed);
    CHECK(count("passed") > 3);
    CHECK(count("failed") == checks.health(1).failed);
    CHECK(count("failed") > 2);
    CHECK(count("skipped") > 0);
    const auto& seconds = checks.metrics.histogram(Metric::CheckSeconds, {"app", "b1"});
    CHECK(seconds.count() == count("passed") + count("failed"));
    CHECK(seconds.bucket(telemetry::bucket_of(3'000'000)) == count("passed"));
}

TEST_CASE("a check under way is said to be so", "[health][monitor]") {
    SimulatedChecks checks{1};
    checks.answer(1).takes = 500ms;
    checks.watch_all();
    checks.start();
    checks.run_for(100ms);
    CHECK(checks.health(1).reason == "no result yet; checking now");
    checks.run_for(400ms);
    CHECK(checks.health(1).reason == "1 passed, last 22:13:20; next check in 0.8s");
}
