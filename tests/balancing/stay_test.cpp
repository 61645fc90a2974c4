// Requests that come back to the backend they had before, and the table of who had which.
#include "balancing/sticky_table.h"
#include "tests/balancing/test_pool.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::balancing;

namespace {

/// "taken", "busy" or "out".
std::string stay(TestPool& pool, std::string_view name) {
    Lease lease;
    switch (pool.pool.stay(pool.backend(name), pool.now, lease)) {
        case Pool::Stay::Taken:
            CHECK(&lease.backend() == &pool.backend(name));
            CHECK(pool.backend(name).in_flight() >= 1);
            return "taken";
        case Pool::Stay::Busy:
            CHECK(!lease);
            return "busy";
        case Pool::Stay::Out:
            CHECK(!lease);
            break;
    }
    return "out";
}

PoolSettings with_checks() {
    PoolSettings settings;
    settings.has_checks = true;
    return settings;
}

class Waiting final : public Waiter {
  public:
    void on_turn(Picked) noexcept override {}
    bool is_gone() const noexcept override { return false; }
};

}  // namespace

TEST_CASE("a request stays whatever the policy, weight and tier say", "[balancing][sticky]") {
    TestPool pool{"first", {backend_named("a"), backend_named("b", 0), backend_named("c", 1, 1)}};
    for (const std::string name : {"a", "b", "c", "c"}) CHECK(stay(pool, name) == "taken");
    CHECK(pool.backend("c").in_flight() == 0);
}

TEST_CASE("a request stays at a backend that drains, unless it is down as well",
          "[balancing][sticky]") {
    TestPool pool{"round_robin", {backend_named("a"), backend_named("b")}, with_checks()};
    pool.shared->set_admin(pool.backend("a"), AdminState::Drain, pool.now);
    CHECK(pool.name() == "b");
    CHECK(stay(pool, "a") == "taken");
    pool.set("a", State::Down);
    CHECK(pool.backend("a").state() == State::Draining);
    CHECK(stay(pool, "a") == "out");
    pool.set("a", State::Up);
    pool.backend("a").set_ejected(true, pool.now);
    CHECK(stay(pool, "a") == "out");
}

TEST_CASE("nobody stays at a backend that is out", "[balancing][sticky]") {
    TestPool pool{"round_robin", {backend_named("a"), backend_named("b")}, with_checks()};
    pool.set("a", State::Down);
    CHECK(stay(pool, "a") == "out");
    CHECK(pool.pool.is_out(pool.backend("a"), pool.now));
    pool.set("a", State::Rising);
    CHECK(stay(pool, "a") == "taken");
    pool.set("a", State::Up);
    pool.backend("a").set_ejected(true, pool.now);
    CHECK(stay(pool, "a") == "out");
    pool.backend("a").set_ejected(false, pool.now);
    pool.shared->set_admin(pool.backend("a"), AdminState::Maintenance, pool.now);
    CHECK(stay(pool, "a") == "out");
    CHECK(stay(pool, "b") == "taken");
}

TEST_CASE("with everybody out a request rather stays than moves", "[balancing][sticky]") {
    TestPool pool{"round_robin", {backend_named("a"), backend_named("b")}, with_checks()};
    pool.set("a", State::Down);
    pool.set("b", State::Down);
    CHECK(stay(pool, "a") == "taken");
    CHECK(!pool.pool.is_out(pool.backend("b"), pool.now));
    pool.shared->set_admin(pool.backend("a"), AdminState::Maintenance, pool.now);
    CHECK(stay(pool, "a") == "out");
}

TEST_CASE("a full backend is left for this once", "[balancing][sticky]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1), backend_named("b")}};
    Lease held;
    REQUIRE(pool.pool.stay(pool.backend("a"), pool.now, held) == Pool::Stay::Taken);
    CHECK(stay(pool, "a") == "busy");
    CHECK(!pool.pool.is_out(pool.backend("a"), pool.now));
    held.release();
    CHECK(stay(pool, "a") == "taken");
}

TEST_CASE("who waits for a backend goes before who comes back to it", "[balancing][sticky]") {
    PoolSettings settings;
    settings.queue.size = 10;
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1)}, settings};
    Lease held = pool.pick();
    Waiting waiter;
    REQUIRE(pool.pool.enqueue(waiter, 0, {}, pool.now));
    held.release();
    CHECK(stay(pool, "a") == "busy");
    pool.pool.remove(waiter);
    CHECK(stay(pool, "a") == "taken");
}

TEST_CASE("a backend without a result is passed over while another is well",
          "[balancing][sticky]") {
    TestPool pool{"round_robin", {backend_named("a"), backend_named("b")}, with_checks()};
    pool.set("a", State::Unknown);
    CHECK(stay(pool, "a") == "busy");
    pool.set("b", State::Unknown);
    CHECK(stay(pool, "a") == "taken");
    PoolSettings without_checks;
    without_checks.has_checks = false;
    TestPool unchecked{"round_robin", {backend_named("a"), backend_named("b")}, without_checks};
    unchecked.set("a", State::Unknown);
    CHECK(stay(unchecked, "a") == "taken");
}

TEST_CASE("a table finds the backend of a token and the token of a backend",
          "[balancing][sticky]") {
    TestPool pool{"round_robin", {backend_named("a"), backend_named("b"), backend_named("c")}};
    TestPool other{"round_robin", {backend_named("x")}};
    const StickyTable table(
        {{"777", &pool.backend("a")}, {"222", &pool.backend("b")}, {"555", &pool.backend("c")}});
    CHECK(table.find("777") == &pool.backend("a"));
    CHECK(table.find("222") == &pool.backend("b"));
    CHECK(table.find("555") == &pool.backend("c"));
    for (const std::string_view bad : {"", "7", "77", "7777", "111", "999", "55 ", "\x00"}) {
        CHECK(table.find(bad) == nullptr);
    }
    CHECK(table.token(pool.backend("c")) == "555");
    CHECK(table.token(other.backend("x")).empty());
    CHECK(StickyTable({}).find("1") == nullptr);
}
