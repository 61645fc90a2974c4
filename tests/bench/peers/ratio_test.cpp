#include "bench/peers/ratio.h"

#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

Series cpu(std::vector<double> rounds) { return {Metric::Cpu, std::move(rounds)}; }

TEST_CASE("a ratio that is the same in each round has no width", "[bench][peers]") {
    // The machine got slower in the third round, for both.
    const auto found = ratio(cpu({2, 4, 8}), cpu({1, 2, 4}));
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

TEST_CASE("of one round there is no interval", "[bench][peers]") {
    const auto found = ratio(cpu({2}), cpu({1}));
    REQUIRE(found);
    CHECK(found->value == 2);
    CHECK_FALSE(found->interval);
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
