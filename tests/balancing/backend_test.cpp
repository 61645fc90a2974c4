#include "balancing/backend.h"

#include "balancing/lease.h"
#include "tests/balancing/test_pool.h"
#include "tests/support/catch.h"

namespace fairlead::balancing {
namespace {

TEST_CASE("a lease is counted from the pick until its end", "[balancing][lease]") {
    TestPool pool{"round_robin", {backend_named("a")}};
    {
        Lease first = pool.pick();
        const Lease second = pool.pick();
        CHECK(pool.backend("a").in_flight() == 2);
        const Lease moved = std::move(first);
        CHECK(pool.backend("a").in_flight() == 2);
    }
    CHECK(pool.backend("a").in_flight() == 0);
}

TEST_CASE("assigning over a lease ends the one that was there", "[balancing][lease]") {
    TestPool pool{"round_robin", {backend_named("a")}};
    Lease lease = pool.pick();
    lease = pool.pick();
    CHECK(pool.backend("a").in_flight() == 1);
    lease.release();
    CHECK_FALSE(lease);
    CHECK(pool.backend("a").in_flight() == 0);
}

TEST_CASE("a tunnel is counted apart and frees its place in flight", "[balancing][lease]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1)}};
    Lease tunnel = pool.pick();
    CHECK(pool.name() == "wait");
    tunnel.to_tunnel();
    tunnel.to_tunnel();
    CHECK(pool.backend("a").in_flight() == 0);
    CHECK(pool.backend("a").tunnels() == 1);
    CHECK(pool.name() == "a");
    tunnel.release();
    CHECK(pool.backend("a").tunnels() == 0);
}

TEST_CASE("a failed attempt stays in the load for a second", "[balancing][lease]") {
    TestPool pool{"round_robin", {backend_named("a")}};
    const Backend& a = pool.backend("a");
    const Time start = pool.now;
    {
        Lease lease = pool.pick();
        lease.failed(start);
    }
    CHECK(a.in_flight() == 0);
    CHECK(a.load(start) == 1);
    CHECK(a.load(start + 1s) == 1);
    CHECK(a.load(start + 1126ms) == 0);

    for (int i = 0; i < 40; ++i) pool.pick().failed(start + i * 50ms);
    // of the 2 s so far, those of the last second and of at most an eighth before it
    CHECK(a.load(start + 2s) >= 20);
    CHECK(a.load(start + 2s) <= 23);
    CHECK(a.load(start + 1h) == 0);
}

TEST_CASE("a lease keeps its backend alive when the pool is gone", "[balancing][lease]") {
    Lease last;
    std::size_t slot = 0;
    {
        TestPool pool{"round_robin", {backend_named("a", 1, 0, 2)}};
        last = pool.pick();
        slot = last.backend().slot();
    }
    CHECK(last.backend().name() == "a");
    const TestPool other{"round_robin", {backend_named("b")}};
    CHECK(other.shared->backends()[0]->slot() != slot);
    last.release();
    const TestPool third{"round_robin", {backend_named("c")}};
    CHECK(third.shared->backends()[0]->slot() == slot);
}

TEST_CASE("a slow answer counts at once and is forgotten by and by", "[balancing][lease]") {
    TestPool pool{"peak_ewma", {backend_named("a")}};
    const Backend& a = pool.backend("a");
    Lease lease = pool.pick();
    CHECK(a.latency_us(pool.now) == 0);
    lease.observe(10ms, pool.now);
    CHECK(std::abs(a.latency_us(pool.now) - 10'000) < 1);
    lease.observe(100ms, pool.now);
    CHECK(std::abs(a.latency_us(pool.now) - 100'000) < 1);
    lease.observe(10ms, pool.now + 10s);
    // a time constant later: 100 ms has the weight 1/e
    CHECK(std::abs(a.latency_us(pool.now + 10s) - (36'788 + 6'321)) < 10);
}

TEST_CASE("every state has its word", "[balancing]") {
    CHECK(word(State::Up) == "up");
    CHECK(word(State::Down) == "down");
    CHECK(word(State::Ejected) == "ejected");
    CHECK(word(State::Draining) == "draining");
    CHECK(word(State::Maintenance) == "maintenance");
    CHECK(word(State::Rising) == "rising");
    CHECK(word(State::Unknown) == "unknown");
}

}  // namespace
}  // namespace fairlead::balancing
