// A backend that comes and goes has to look good for longer each time, and always returns.
#include "health/damping.h"

#include "tests/health/simulated_checks.h"

using namespace fairlead;
using namespace fairlead::health;
using namespace std::chrono_literals;
using balancing::State;

namespace {

/// Fails its checks until it is down, then passes them until it is used again. @return how long
/// that took
Duration flap(SimulatedChecks& checks) {
    checks.let_fail(1);
    while (checks.state(1) != State::Down) checks.run_for(100ms);
    checks.let_pass(1);
    const Time began = checks.clock.now();
    while (checks.state(1) == State::Down) {
        checks.run_for(100ms);
        REQUIRE(checks.clock.now() - began < 10min);
    }
    return checks.clock.now() - began;
}

}  // namespace

TEST_CASE("the hold begins with the third time down in ten minutes, doubles, and has a cap",
          "[health][damping]") {
    Damping damping;
    Time now{1h};
    const std::vector<Duration> expected = {0s, 0s, 5s, 10s, 20s, 40s, 60s, 60s, 60s, 60s};
    for (const Duration hold : expected) {
        damping.note_down(now);
        CHECK(damping.hold(now) == hold);
        now += 1s;
    }
}

TEST_CASE("times down that are old count no more", "[health][damping]") {
    Damping damping;
    const Time start{1h};
    for (int minute = 0; minute < 4; ++minute) damping.note_down(start + minute * 1min);
    CHECK(damping.hold(start + 3min) == 10s);
    CHECK(damping.hold(start + 10min - 1ms) == 10s);
    CHECK(damping.hold(start + 10min) == 5s);
    CHECK(damping.hold(start + 11min) == 0s);
    CHECK(damping.downs(start + 13min) == 0);
}

TEST_CASE("a flapping backend is used again later each time", "[health][damping]") {
    SimulatedChecks checks{2};
    checks.watch_all();
    checks.start();
    checks.run_for(5s);
    CHECK(flap(checks) <= 6500ms);
    CHECK(flap(checks) <= 6500ms);
    const Duration third = flap(checks);
    CHECK(third >= 5s);
    CHECK(third <= 12s);
    const Duration fourth = flap(checks);
    CHECK(fourth >= 10s);
    CHECK(fourth <= 17s);
    checks.let_fail(1);
    while (checks.state(1) != State::Down) checks.run_for(100ms);
    checks.let_pass(1);
    checks.run_for(10s);
    CHECK(checks.health(1).reason.find("has to pass for ") != std::string::npos);
    CHECK(checks.health(1).reason.find(" more after 5 times down in 10m") != std::string::npos);
}

TEST_CASE("a check that fails while it is held starts the time anew", "[health][damping]") {
    SimulatedChecks checks{2};
    checks.watch_all();
    checks.start();
    checks.run_for(5s);
    flap(checks);
    flap(checks);
    checks.let_fail(1);
    while (checks.state(1) != State::Down) checks.run_for(100ms);
    checks.let_pass(1);
    checks.run_for(8s);
    REQUIRE(checks.state(1) == State::Down);
    checks.let_fail(1);
    checks.run_for(1s);
    checks.let_pass(1);
    checks.run_for(5s);
    CHECK(checks.state(1) == State::Down);
    checks.run_for(7s);
    CHECK(checks.state(1) == State::Rising);
}

TEST_CASE("a backend whose checks pass always returns", "[health][damping]") {
    const auto seed = GENERATE(range(1, 30));
    Random random{static_cast<std::uint64_t>(seed)};
    SimulatedChecks checks{2};
    conf::Check check;
    check.rise = 1 + static_cast<std::uint32_t>(random.below(5));
    check.fall = 1 + static_cast<std::uint32_t>(random.below(5));
    checks.watch_all(check);
    checks.start();
    for (int i = 0; i < 200; ++i) {
        random.unit() < 0.5 ? checks.let_pass(1) : checks.let_fail(1);
        checks.run_for(std::chrono::milliseconds{random.below(20'000)});
    }
    checks.let_pass(1);
    checks.run_for(Damping::kHoldMax + check.every_down * 2 + check.rise * 1s);
    CHECK(is_well(checks.state(1)));
}

TEST_CASE("what a person says is no time down", "[health][damping]") {
    SimulatedChecks checks{2};
    checks.watch_all();
    checks.start();
    checks.run_for(5s);
    for (int i = 0; i < 10; ++i) {
        for (const auto admin :
             {balancing::AdminState::Maintenance, balancing::AdminState::Ready}) {
            checks.pool->set_admin(checks.backend(1), admin, checks.clock.now());
            checks.run_for(1s);
        }
    }
    CHECK(flap(checks) <= 6500ms);
}
