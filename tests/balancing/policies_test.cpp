/// What each policy promises beyond the contract of all.
#include "balancing/least_connections.h"
#include "tests/balancing/test_pool.h"
#include "tests/support/catch.h"

namespace fairlead::balancing {
namespace {

using Shares = std::map<std::string, int>;

TEST_CASE("round_robin shares out exactly", "[balancing][round_robin]") {
    const std::string policy = GENERATE("round_robin", "weighted");
    TestPool even{policy, {backend_named("a"), backend_named("b"), backend_named("c")}};
    CHECK(even.shares(3000) == Shares{{"a", 1000}, {"b", 1000}, {"c", 1000}});
    TestPool uneven{policy, {backend_named("a", 1), backend_named("b", 2), backend_named("c", 3)}};
    CHECK(uneven.shares(3000) == Shares{{"a", 500}, {"b", 1000}, {"c", 1500}});
}

TEST_CASE("round_robin mixes weights smoothly", "[balancing][round_robin]") {
    TestPool pool{"round_robin",
                  {backend_named("a", 5), backend_named("b", 1), backend_named("c", 1)}};
    std::string order;
    for (int i = 0; i < 21; ++i) order += pool.name();
    CHECK(order.find("aaabcaaa") == std::string::npos);
    // never more than twice in a row within a cycle, thrice where two cycles meet
    CHECK(order.find("aaaaa") == std::string::npos);
    CHECK(std::count(order.begin(), order.end(), 'a') == 15);
}

TEST_CASE("round_robin keeps its turn when a backend flaps", "[balancing][round_robin]") {
    TestPool pool{"round_robin", backends_numbered(4)};
    Shares shares;
    for (int i = 0; i < 3000; ++i) {
        pool.set("b3", i % 2 == 0 ? State::Down : State::Up);
        ++shares[pool.name()];
    }
    for (const char* name : {"b0", "b1", "b2"}) CHECK(shares[name] >= 600);
}

TEST_CASE("workers of round_robin do not start at the same backend", "[balancing][round_robin]") {
    const auto shared = SharedPool::make("app", {}, backends_numbered(3), 3, nullptr);
    Pool first{shared, 0, 0};
    Pool second{shared, 1, 1};
    CHECK(&first.pick(0, {}, Time{1h}).lease.backend() !=
          &second.pick(0, {}, Time{1h}).lease.backend());
}

TEST_CASE("least_connections is never off by more than one", "[balancing][least_connections]") {
    TestPool pool{"least_connections", backends_numbered(5)};
    std::vector<Lease> running;
    Random random{5};
    const auto spread = [&] {
        std::uint32_t least = UINT32_MAX;
        std::uint32_t most = 0;
        for (const auto& backend : pool.shared->backends()) {
            least = std::min(least, backend->in_flight());
            most = std::max(most, backend->in_flight());
        }
        return most - least;
    };
    for (int i = 0; i < 1000; ++i) {
        running.push_back(pool.pick());
        REQUIRE(spread() <= 1);
    }
    // whoever ends, a new one goes to where it is missing
    for (int i = 0; i < 10'000; ++i) {
        std::swap(running[random.below(running.size())], running.back());
        running.pop_back();
        running.push_back(pool.pick());
        REQUIRE(spread() <= 1);
    }
}

TEST_CASE("least_connections holds to weights and takes turns when idle",
          "[balancing][least_connections]") {
    TestPool pool{"least_connections",
                  {backend_named("a", 1), backend_named("b", 2), backend_named("c", 3)}};
    CHECK(pool.shares(3000) == Shares{{"a", 500}, {"b", 1000}, {"c", 1500}});
    std::vector<Lease> running;
    for (int i = 0; i < 600; ++i) running.push_back(pool.pick());
    CHECK(pool.backend("a").in_flight() == 100);
    CHECK(pool.backend("b").in_flight() == 200);
    CHECK(pool.backend("c").in_flight() == 300);

    TestPool even{"least_connections", backends_numbered(3)};
    CHECK(even.shares(3000) == Shares{{"b0", 1000}, {"b1", 1000}, {"b2", 1000}});
}

TEST_CASE("least_connections above 16 compares two and stays close",
          "[balancing][least_connections]") {
    TestPool pool{"least_connections", backends_numbered(LeastConnections::kExactMax + 84)};
    std::vector<Lease> running;
    for (int i = 0; i < 10'000; ++i) running.push_back(pool.pick());
    for (const auto& backend : pool.shared->backends()) {
        CHECK(backend->in_flight() >= 95);
        CHECK(backend->in_flight() <= 103);
    }
}

TEST_CASE("a backend that fails fast is not preferred for being idle",
          "[balancing][least_connections]") {
    const std::string policy = GENERATE("least_connections", "random_two", "peak_ewma");
    TestPool pool{policy, backends_numbered(4)};
    Traffic traffic{pool, 400, [](const Backend& backend, Random& random) {
                        return backend.name() == "b0" ? -1ms : taking(100ms)(backend, random);
                    }};
    traffic.run(20s);
    auto share = traffic.share();
    const double of_all = share["b0"] / static_cast<double>(traffic.picks.size());
    CAPTURE(policy, of_all);
    CHECK(of_all < 0.15);  // 0.25 is its fair share; without counting failures nearly all go there
}

TEST_CASE("peak_ewma goes to who answers sooner, and back when that changes",
          "[balancing][peak_ewma]") {
    TestPool pool{"peak_ewma", backends_numbered(3)};
    bool is_slow = true;
    Traffic traffic{pool, 300, [&](const Backend& backend, Random& random) {
                        return taking(is_slow && backend.name() == "b1" ? 200ms : 10ms)(backend,
                                                                                        random);
                    }};
    traffic.run(20s);
    const double slow_share = traffic.share()["b1"] / static_cast<double>(traffic.picks.size());
    CHECK(slow_share < 0.10);
    is_slow = false;
    traffic.run(60s);
    traffic.picks.clear();
    traffic.run(20s);
    const double later_share = traffic.share()["b1"] / static_cast<double>(traffic.picks.size());
    CHECK(later_share > 0.2);
}

TEST_CASE("first fills backends in order", "[balancing][first]") {
    TestPool pool{"first",
                  {backend_named("a", 1, 0, 2), backend_named("b", 1, 0, 1), backend_named("c")}};
    std::vector<Lease> running;
    names order;
    for (int i = 0; i < 5; ++i) {
        running.push_back(pool.pick());
        order.push_back(running.back().backend().name());
    }
    CHECK(order == names{"a", "a", "b", "c", "c"});
    running[1].release();
    CHECK(pool.name() == "a");
}

std::map<std::uint64_t, std::string> places(TestPool& pool, std::uint64_t keys) {
    std::map<std::uint64_t, std::string> place;
    for (std::uint64_t key = 0; key < keys; ++key) place[key] = pool.name(key);
    return place;
}

TEST_CASE("hash moves only the keys of a backend that leaves", "[balancing][hash]") {
    const std::size_t count = GENERATE(3U, 10U, 100U);
    TestPool pool{"hash", backends_numbered(count)};
    const auto before = places(pool, 20'000);
    pool.set("b1", State::Down);
    const auto without = places(pool, 20'000);
    std::size_t moved = 0;
    for (const auto& [key, name] : before) {
        if (name == "b1") {
            ++moved;
            CHECK(without.at(key) != "b1");
        } else if (without.at(key) != name) {
            FAIL("key " << key << " was not on b1 and moved");
        }
    }
    const double share = static_cast<double>(moved) / 20'000.0;
    CAPTURE(count, share);
    CHECK(share <
          1.35 / static_cast<double>(count));  // 1/n, and what 128 points each leave to chance
    CHECK(share > 0.65 / static_cast<double>(count));
    pool.set("b1", State::Up);
    CHECK(places(pool, 20'000) == before);
}

TEST_CASE("hash does not care about the order backends are written in", "[balancing][hash]") {
    auto backends = backends_numbered(7);
    TestPool forward{"hash", backends};
    std::reverse(backends.begin(), backends.end());
    TestPool backward{"hash", backends};
    CHECK(places(forward, 5000) == places(backward, 5000));
}

TEST_CASE("hash shares keys by weight", "[balancing][hash]") {
    TestPool pool{"hash", {backend_named("a", 1), backend_named("b", 2), backend_named("c", 3)}};
    auto shares = pool.shares(60'000);
    CHECK(std::abs(shares["a"] - 10'000) < 3000);
    CHECK(std::abs(shares["b"] - 20'000) < 4000);
    CHECK(std::abs(shares["c"] - 30'000) < 5000);
}

TEST_CASE("hash holds every backend to its bound", "[balancing][hash]") {
    const std::size_t count = GENERATE(4U, 1000U);
    TestPool pool{"hash", backends_numbered(count)};
    std::vector<Lease> running;
    std::uint32_t most = 0;
    // one key alone would put everything on one backend
    for (std::size_t i = 0; i < count * 20; ++i) running.push_back(pool.pick(99));
    for (const auto& backend : pool.shared->backends()) most = std::max(most, backend->in_flight());
    CAPTURE(count, most);
    CHECK(most <= 26);  // 1.25 * 20, rounded up, and one for the pick that is counted in
    CHECK(most >= 25);

    HashSettings unbound{.bound = 0};
    PoolSettings settings;
    settings.policy_settings.hash = unbound;
    TestPool without{"hash", backends_numbered(count), settings};
    const std::string own = without.name(99);
    std::vector<Lease> all;
    for (int i = 0; i < 100; ++i) all.push_back(without.pick(99));
    CHECK(without.backend(own).in_flight() == 100);
}

}  // namespace
}  // namespace fairlead::balancing
