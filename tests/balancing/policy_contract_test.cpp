/// What every policy must keep to, whatever it chooses by: runs on each row of the registry.
#include <set>

#include "balancing/registry.h"
#include "tests/balancing/allocations.h"
#include "tests/balancing/test_pool.h"
#include "tests/support/catch.h"

namespace fairlead::balancing {
namespace {

constexpr State kStates[] = {State::Up,          State::Down,   State::Ejected, State::Draining,
                             State::Maintenance, State::Rising, State::Unknown};

/// The rules written down a second time, plainly: who may be chosen, tier by tier.
std::vector<std::vector<const Backend*>> usable_tiers(const SharedPool& pool) {
    const auto having = [&](auto&& is_wanted, bool one_tier) {
        std::map<unsigned, std::vector<const Backend*>> tiers;
        for (const auto& backend : pool.backends()) {
            if (is_wanted(*backend)) tiers[one_tier ? 0 : backend->tier()].push_back(backend.get());
        }
        std::vector<std::vector<const Backend*>> list;
        for (auto& [number, tier] : tiers) list.push_back(std::move(tier));
        return list;
    };
    auto tiers =
        having([](const Backend& b) { return is_well(b.state()) && b.weight() > 0; }, false);
    if (tiers.empty()) {
        tiers = having(
            [](const Backend& b) { return b.state() == State::Unknown && b.weight() > 0; }, false);
    }
    if (tiers.empty()) {
        tiers = having(
            [](const Backend& b) { return is_well(b.state()) || b.state() == State::Unknown; },
            false);
    }
    if (tiers.empty() && pool.settings().when_all_down == WhenAllDown::Try) {
        tiers = having([](const Backend& b) { return b.state() != State::Maintenance; }, true);
    }
    return tiers;
}

/// Those of the first tier that has one not tried. While all of the first tier rise, the second
/// serves beside it.
std::vector<const Backend*> allowed(const SharedPool& pool,
                                    const std::vector<const Backend*>& tried) {
    auto tiers = usable_tiers(pool);
    const auto is_rising = [](const Backend* b) { return b->state() == State::Rising; };
    if (tiers.size() > 1 && std::all_of(tiers[0].begin(), tiers[0].end(), is_rising)) {
        tiers[0].insert(tiers[0].end(), tiers[1].begin(), tiers[1].end());
    }
    for (const auto& tier : tiers) {
        std::vector<const Backend*> left;
        for (const Backend* backend : tier) {
            if (std::find(tried.begin(), tried.end(), backend) == tried.end())
                left.push_back(backend);
        }
        if (!left.empty()) return left;
    }
    return {};
}

TEST_CASE("no policy ever picks what is unusable, tried or full", "[balancing][policy]") {
    for (const PolicyRow& row : policies()) {
        DYNAMIC_SECTION(row.name) {
            Random random{42};
            PoolSettings settings;
            settings.when_all_down = random.below(2) == 0 ? WhenAllDown::Try : WhenAllDown::Fail;
            std::vector<BackendSettings> backends;
            for (unsigned i = 0; i < 20; ++i) {
                backends.push_back(backend_named("b" + std::to_string(i),
                                                 static_cast<unsigned>(random.below(4)), i % 3,
                                                 i % 5 == 0 ? kNoLimit : 1 + i % 4));
            }
            TestPool pool{std::string{row.name}, backends, settings};
            const auto members = pool.shared->backends();
            std::vector<Lease> running;
            std::map<std::string, int> endings;
            for (int step = 0; step < 30'000; ++step) {
                pool.now += 3ms;
                if (step % 40 == 0) {
                    // now and then many go at once, so that the last resorts are reached too
                    const bool all = random.below(8) == 0;
                    const State state = kStates[random.below(std::size(kStates))];
                    for (const auto& member : members) {
                        if (all || random.below(10) == 0) {
                            member->set_state(all ? state : kStates[random.below(7)], pool.now);
                        }
                        if (random.below(20) == 0) {
                            member->set_weight(static_cast<unsigned>(random.below(4)));
                        }
                    }
                }
                while (running.size() > 25 || (!running.empty() && random.below(3) == 0)) {
                    std::swap(running[random.below(running.size())], running.back());
                    if (random.below(4) == 0) running.back().failed(pool.now);
                    running.back().observe(
                        Duration{static_cast<std::int64_t>(random.below(100'000'000))}, pool.now);
                    running.pop_back();
                }
                std::vector<const Backend*> tried;
                while (random.below(2) == 0) tried.push_back(members[random.below(20)].get());

                const auto expected = allowed(*pool.shared, tried);
                const bool is_room =
                    std::any_of(expected.begin(), expected.end(),
                                [](const Backend* backend) { return backend->has_room(); });
                Picked picked = pool.pool.pick(random.next(), tried, pool.now);
                if (picked.lease) {
                    const Backend& chosen = picked.lease.backend();
                    REQUIRE(std::find(expected.begin(), expected.end(), &chosen) != expected.end());
                    REQUIRE(chosen.in_flight() <= chosen.max_in_flight());
                    running.push_back(std::move(picked.lease));
                    ++endings["lease"];
                } else if (picked.wait) {
                    REQUIRE(!expected.empty());
                    REQUIRE(!is_room);
                    ++endings["wait"];
                } else {
                    REQUIRE(picked.failure == Failure::NoBackend);
                    REQUIRE(expected.empty());
                    ++endings["none"];
                }
            }
            CHECK(endings["lease"] > 1000);
            CHECK(endings["wait"] > 10);
            CHECK(endings["none"] > 10);
            running.clear();
            for (const auto& member : members) CHECK(member->in_flight() == 0);
        }
    }
}

TEST_CASE("every policy serves pools of one and of 10,000", "[balancing][policy]") {
    for (const PolicyRow& row : policies()) {
        DYNAMIC_SECTION(row.name) {
            TestPool one{std::string{row.name}, backends_numbered(1)};
            CHECK(one.shares(10) == std::map<std::string, int>{{"b0", 10}});
            TestPool none{std::string{row.name}, {}};
            CHECK(none.name() == "no_backend");

            TestPool many{std::string{row.name}, backends_numbered(10'000)};
            std::vector<Lease> leases;
            Random random{3};
            for (int i = 0; i < 1000; ++i) leases.push_back(many.pick(random.next()));
            const bool all_taken = std::all_of(leases.begin(), leases.end(),
                                               [](const Lease& lease) { return bool{lease}; });
            CHECK(all_taken);
            // all but one leave; the one that stays is found
            for (const auto& backend : many.shared->backends()) {
                if (backend->name() != "b7777") backend->set_state(State::Down, many.now);
            }
            CHECK(many.shares(10) == std::map<std::string, int>{{"b7777", 10}});
        }
    }
}

TEST_CASE("no policy allocates in a pick, not even a retry's", "[balancing][policy]") {
    for (const PolicyRow& row : policies()) {
        DYNAMIC_SECTION(row.name) {
            for (const std::size_t count : {3U, 40U}) {
                auto backends = backends_numbered(count);
                backends[0].weight = 3;
                for (BackendSettings& backend : backends) backend.max_in_flight = 2;
                TestPool pool{std::string{row.name}, backends};
                const Backend* const tried[] = {&pool.backend("b0"), &pool.backend("b1")};
                std::array<Lease, 5> leases;
                pool.name();
                pool.set("b2", State::Rising);  // refreshes while it rises are counted too
                pool.name();
                pool.now += 200ms;
                pool.name();
                pool.name();

                const std::size_t before = allocations();
                for (std::uint64_t i = 0; i < 2000; ++i) {
                    pool.now += 1ms;
                    leases[i % leases.size()] = {};
                    leases[i % leases.size()] =
                        pool.pool
                            .pick(i * 0x9E3779B97F4A7C15U, std::span{tried}.first(i % 3), pool.now)
                            .lease;
                }
                CHECK(allocations() == before);
            }
        }
    }
}

TEST_CASE("shares follow weights where a policy goes by them", "[balancing][policy]") {
    for (const PolicyRow& row : policies()) {
        if (!row.shares_by_weight) continue;
        DYNAMIC_SECTION(row.name) {
            for (const std::size_t extra : {0U, 20U}) {
                std::vector<BackendSettings> backends{backend_named("a", 1), backend_named("b", 2),
                                                      backend_named("c", 3)};
                for (std::size_t i = 0; i < extra; ++i) {
                    backends.push_back(backend_named("x" + std::to_string(i), 2));
                }
                TestPool pool{std::string{row.name}, backends};
                const int total = 6 + 2 * static_cast<int>(extra);
                auto shares = pool.shares(total * 4000);
                CHECK(std::abs(shares["a"] - 4000) < 250);
                CHECK(std::abs(shares["b"] - 8000) < 400);
                CHECK(std::abs(shares["c"] - 12'000) < 500);
            }
        }
    }
}

TEST_CASE("the same seed makes the same choices", "[balancing][policy]") {
    for (const PolicyRow& row : policies()) {
        DYNAMIC_SECTION(row.name) {
            TestPool first{std::string{row.name}, backends_numbered(30)};
            TestPool second{std::string{row.name}, backends_numbered(30)};
            for (std::uint64_t key = 0; key < 200; ++key)
                CHECK(first.name(key) == second.name(key));
        }
    }
}

TEST_CASE("the registry knows its names and no others", "[balancing][policy]") {
    std::set<std::string_view> seen;
    for (const PolicyRow& row : policies()) {
        CHECK(seen.insert(row.name).second);
        CHECK(make_policy(row.name, {}, 1) != nullptr);
    }
    CHECK(seen == std::set<std::string_view>{"round_robin", "weighted", "least_connections",
                                             "random", "random_two", "peak_ewma", "hash", "first"});
    CHECK(make_policy("leastconn", {}, 1) == nullptr);
}

}  // namespace
}  // namespace fairlead::balancing
