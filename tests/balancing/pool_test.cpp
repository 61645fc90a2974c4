#include "balancing/pool.h"

#include "tests/balancing/test_pool.h"
#include "tests/support/catch.h"

namespace fairlead::balancing {
namespace {

TEST_CASE("a draining backend keeps its leases and gets no new ones", "[balancing][pool]") {
    TestPool pool{"round_robin", {backend_named("a"), backend_named("b")}};
    pool.set("b", State::Down);
    const Lease running = pool.pick();
    pool.set("b", State::Up);
    pool.set("a", State::Draining);
    CHECK(pool.shares(4) == std::map<std::string, int>{{"b", 4}});
    CHECK(pool.backend("a").in_flight() == 1);
}

TEST_CASE("the lowest tier with a usable backend serves", "[balancing][pool]") {
    TestPool pool{"round_robin",
                  {backend_named("a"), backend_named("b"), backend_named("spare", 1, 1),
                   backend_named("last", 1, 2)}};
    CHECK(pool.shares(4) == std::map<std::string, int>{{"a", 2}, {"b", 2}});
    pool.set("a", State::Down);
    CHECK(pool.shares(4) == std::map<std::string, int>{{"b", 4}});
    pool.set("b", State::Ejected);
    CHECK(pool.shares(4) == std::map<std::string, int>{{"spare", 4}});
    pool.set("spare", State::Maintenance);
    CHECK(pool.shares(4) == std::map<std::string, int>{{"last", 4}});
    pool.set("b", State::Up);
    CHECK(pool.shares(4) == std::map<std::string, int>{{"b", 4}});
}

TEST_CASE("a tier takes over at once, and comes back as its slow start goes on",
          "[balancing][pool]") {
    TestPool pool{"round_robin",
                  {backend_named("a"), backend_named("b"), backend_named("c", 1, 1)}};
    CHECK(pool.shares(100) == std::map<std::string, int>{{"a", 50}, {"b", 50}});
    pool.set("a", State::Down);
    pool.set("b", State::Down);
    CHECK(pool.shares(100) == std::map<std::string, int>{{"c", 100}});
    pool.shared->bring_up(pool.backend("a"), pool.now);
    REQUIRE(pool.backend("a").state() == State::Rising);
    CHECK(pool.shares(100) == std::map<std::string, int>{{"a", 10}, {"c", 90}});
    pool.now += 5s;
    const int half = pool.shares(100)["a"];
    CHECK(half >= 54);
    CHECK(half <= 56);
    pool.now += 5s;
    pool.shared->tick(pool.now);
    CHECK(pool.shares(100) == std::map<std::string, int>{{"a", 100}});
}

TEST_CASE("a pool that was out as a whole does not fall on the first one that is back",
          "[balancing][pool]") {
    TestPool pool{"round_robin", backends_numbered(4)};
    for (const auto* name : {"b0", "b1", "b2", "b3"}) pool.set(name, State::Down);
    CHECK(pool.shares(100)["b0"] == 25);  // when_all_down = "try"
    pool.now += 1s;
    pool.shared->bring_up(pool.backend("b0"), pool.now);
    CHECK(pool.shares(100)["b0"] == 25);
    pool.now += 1s;
    pool.shared->bring_up(pool.backend("b1"), pool.now);
    CHECK(pool.backend("b1").state() == State::Up);
    SECTION("until the others are back as well") {
        pool.shared->bring_up(pool.backend("b2"), pool.now);
        pool.shared->bring_up(pool.backend("b3"), pool.now);
        CHECK(pool.shares(100)["b3"] == 25);
    }
    SECTION("for two seconds; then they stay out") {
        CHECK(pool.shares(100)["b3"] == 25);
        pool.now += 1s;
        CHECK(pool.shares(100) == std::map<std::string, int>{{"b0", 50}, {"b1", 50}});
    }
}

TEST_CASE("with when_all_down = fail only who is back gets requests", "[balancing][pool]") {
    PoolSettings settings;
    settings.when_all_down = WhenAllDown::Fail;
    TestPool pool{"round_robin", backends_numbered(4), settings};
    for (const auto* name : {"b0", "b1", "b2", "b3"}) pool.set(name, State::Down);
    pool.shared->bring_up(pool.backend("b0"), pool.now);
    CHECK(pool.shares(100) == std::map<std::string, int>{{"b0", 100}});
}

TEST_CASE("failures that all show do not tell backends apart", "[balancing][pool]") {
    TestPool pool{"least_connections", backends_numbered(2)};
    const auto fail = [&](std::string_view name, int times) {
        for (int i = 0; i < times; ++i) {
            Lease lease = pool.pick(0, {&pool.backend(name == "b0" ? "b1" : "b0")});
            lease.failed(pool.now);
        }
    };
    fail("b0", 50);
    fail("b1", 60);
    pool.now += 125ms;
    CHECK(pool.shares(100) == std::map<std::string, int>{{"b0", 50}, {"b1", 50}});
    fail("b1", 50);  // more than twice as many
    pool.now += 125ms;
    CHECK(pool.shares(100) == std::map<std::string, int>{{"b0", 100}});
}

TEST_CASE("what a returning tier has no room for goes to the one that serves still",
          "[balancing][pool]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1), backend_named("c", 1, 1)}};
    pool.set("a", State::Down);
    pool.shared->bring_up(pool.backend("a"), pool.now);
    pool.now += 9s;
    std::vector<Lease> running;
    std::map<std::string, int> count;
    for (int index = 0; index < 20; ++index) {
        running.push_back(pool.pick());
        REQUIRE(running.back());
        ++count[running.back().backend().name()];
    }
    CHECK(count == std::map<std::string, int>{{"a", 1}, {"c", 19}});
}

TEST_CASE("tried backends are excluded, first in the tier, then in further ones",
          "[balancing][pool]") {
    TestPool pool{"round_robin",
                  {backend_named("a"), backend_named("b"), backend_named("spare", 1, 1)}};
    const Backend* const a = &pool.backend("a");
    const Backend* const b = &pool.backend("b");
    const Backend* const spare = &pool.backend("spare");
    for (int i = 0; i < 4; ++i) CHECK(pool.name(0, {a}) == "b");
    CHECK(pool.name(0, {a, b}) == "spare");
    CHECK(pool.name(0, {a, b, spare}) == "no_backend");
}

TEST_CASE("unknown is usable only while nothing is up", "[balancing][pool]") {
    TestPool pool{"round_robin",
                  {backend_named("a"), backend_named("b"), backend_named("spare", 1, 1)}};
    pool.set("a", State::Unknown);
    pool.set("b", State::Unknown);
    pool.set("spare", State::Down);
    CHECK(pool.shares(4) == std::map<std::string, int>{{"a", 2}, {"b", 2}});
    CHECK(pool.shared->has_usable());
    pool.set("spare", State::Up);
    CHECK(pool.shares(4) == std::map<std::string, int>{{"spare", 4}});
    pool.set("b", State::Up);
    CHECK(pool.shares(4) == std::map<std::string, int>{{"b", 4}});
}

TEST_CASE("with nothing usable everything but maintenance is tried, or nothing",
          "[balancing][pool]") {
    PoolSettings settings;
    SECTION("try") { settings.when_all_down = WhenAllDown::Try; }
    SECTION("fail") { settings.when_all_down = WhenAllDown::Fail; }
    TestPool pool{"round_robin",
                  {backend_named("down"), backend_named("draining"), backend_named("kept"),
                   backend_named("ejected", 1, 1)},
                  settings};
    pool.set("down", State::Down);
    pool.set("draining", State::Draining);
    pool.set("ejected", State::Ejected);
    pool.set("kept", State::Maintenance);
    CHECK_FALSE(pool.shared->has_usable());
    if (settings.when_all_down == WhenAllDown::Try) {
        CHECK(pool.pool.has_usable(pool.now));
        CHECK(pool.shares(6) ==
              std::map<std::string, int>{{"down", 2}, {"draining", 2}, {"ejected", 2}});
    } else {
        CHECK_FALSE(pool.pool.has_usable(pool.now));
        CHECK(pool.name() == "no_backend");
    }
}

TEST_CASE("weight 0 gets new traffic only when nobody else can", "[balancing][pool]") {
    TestPool pool{"round_robin", {backend_named("a"), backend_named("zero", 0)}};
    CHECK(pool.shares(4) == std::map<std::string, int>{{"a", 4}});
    pool.set("a", State::Down);
    CHECK(pool.shares(4) == std::map<std::string, int>{{"zero", 4}});
    pool.set("a", State::Up);
    pool.backend("zero").set_weight(3);
    CHECK(pool.shares(4) == std::map<std::string, int>{{"a", 1}, {"zero", 3}});
}

TEST_CASE("a full tier waits and does not spill into its backup", "[balancing][pool]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1), backend_named("spare", 1, 1)}};
    Lease lease = pool.pick();
    CHECK(pool.name() == "wait");
    // but a retry may go there, where its own tier has only what it tried
    CHECK(pool.name(0, {&pool.backend("a")}) == "spare");
    lease.release();
    CHECK(pool.name() == "a");
}

TEST_CASE("an empty pool has no backend", "[balancing][pool]") {
    TestPool pool{"round_robin", {}};
    CHECK(pool.name() == "no_backend");
    CHECK_FALSE(pool.pool.has_usable(pool.now));
}

TEST_CASE("a reload takes backends over with their state and counts", "[balancing][pool]") {
    TestPool pool{"round_robin", {backend_named("a"), backend_named("b")}};
    const Lease lease = pool.pick();
    pool.set("b", State::Down);
    auto changed = backend_named("a", 5);
    auto moved = backend_named("b");
    moved.address.port = 81;
    const auto next = SharedPool::make("app", {}, {changed, moved, backend_named("c")}, 1,
                                       &pool.waker, pool.shared.get());
    CHECK(next->find("a") == pool.shared->find("a"));
    CHECK(next->find("a")->weight() == 1);  // not in force yet
    next->commit();
    CHECK(next->find("a")->weight() == 5);
    CHECK(next->find("a")->state() == State::Up);
    CHECK(next->find("b") != pool.shared->find("b"));
    CHECK(next->find("b")->state() == State::Unknown);
    // a newcomer to a running pool rises, also on its first result
    next->bring_up(*next->find("c"), pool.now);
    CHECK(next->find("c")->state() == State::Rising);
}

}  // namespace
}  // namespace fairlead::balancing
