#include "bench/peers/ratio.h"

#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

Series cpu(std::vector<double> rounds) { return {Metric::Cpu, std::move(rounds)}; }

TEST_CASE("a ratio that is the same in each round has no width", "[bench][peers]") {
    // The machine got slower in the third round, for both.
    const auto found = ratio(cpu({2, 4, 8, 2, 2}), cpu({1, 2, 4, 1, 1}));
    REQUIRE(found);
    CHECK(found->value == 2);
    CHECK(found->interval == Interval{2, 2});
}

TEST_CASE("rounds that differ give an interval around the ratio", "[bench][peers]") {
    const auto found = ratio(cpu({9, 10, 11, 10, 10}), cpu({10, 10, 10, 10, 10}));
    REQUIRE(found);
    CHECK(found->value == 1);
    REQUIRE(found->interval);
    CHECK(found->interval->low < 1);
    CHECK(found->interval->high > 1);
}

TEST_CASE("a round that only one of them finished does not count", "[bench][peers]") {
    const auto found = ratio(cpu({2, 2, 100}), cpu({1, 1}));
    REQUIRE(found);
    CHECK(found->value == 2);
}

TEST_CASE("of fewer than five rounds there is no interval", "[bench][peers]") {
    const std::vector<double> ours{2, 2.2, 2.1, 2, 2.3};
    const std::vector<double> theirs{1, 1.1, 1, 1.2, 1};
    for (std::size_t rounds = 1; rounds <= 5; ++rounds) {
        const auto end = static_cast<std::ptrdiff_t>(rounds);
        const Series a = cpu({ours.begin(), ours.begin() + end});
        const Series b = cpu({theirs.begin(), theirs.begin() + end});
        CAPTURE(rounds);
        const auto found = ratio(a, b);
        REQUIRE(found);
        CHECK(found->interval.has_value() == (rounds == 5));
        CHECK(median_interval(a).has_value() == (rounds == 5));
    }
}

TEST_CASE("the interval holds the true ratio about as often as it says", "[bench][peers]") {
    // Both have the same cost; a round disturbs both by up to 10 %, and each by up to 5 %.
    Random random(5);
    int held = 0;
    constexpr int kComparisons = 400;
    for (int i = 0; i < kComparisons; ++i) {
        Series a = cpu({});
        Series b = cpu({});
        for (std::size_t round = 0; round < kIntervalRoundsMin; ++round) {
            const double both = 1 + 0.1 * random.unit();
            a.rounds.push_back(both * (1 + 0.05 * random.unit()));
            b.rounds.push_back(both * (1 + 0.05 * random.unit()));
        }
        if (ratio(a, b)->interval->holds(1)) ++held;
    }
    CHECK(held > kComparisons * 90 / 100);
    CHECK(held < kComparisons);
}

TEST_CASE("there is no ratio to nothing", "[bench][peers]") {
    CHECK_FALSE(ratio(cpu({}), cpu({1})));
    CHECK_FALSE(ratio(cpu({1}), cpu({0})));
}

TEST_CASE("fairlead is compared to the others and not to itself", "[bench][peers]") {
    FigureTable table;
    table.of("fairlead").add(Metric::Cpu, 3);
    table.of("nginx").add(Metric::Cpu, 2);
    table.of("haproxy");
    CHECK(ratio_to(table, *table.find("nginx"), Metric::Cpu)->value == 1.5);
    CHECK_FALSE(ratio_to(table, *table.find("fairlead"), Metric::Cpu));
    CHECK_FALSE(ratio_to(table, *table.find("haproxy"), Metric::Cpu));
}

}  // namespace
}  // namespace fairlead::bench::peers
