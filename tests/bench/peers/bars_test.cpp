#include "bench/peers/bars.h"

#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

FigureTable small(double ours, double haproxy) {
    FigureTable table;
    table.scenario = "small";
    table.of("fairlead").add(Metric::Cpu, ours);
    table.of("haproxy").add(Metric::Cpu, haproxy);
    return table;
}

TEST_CASE("a ratio at its bar is met, above it is missed", "[bench][peers]") {
    const auto met = judge(small(8.8, 10));
    REQUIRE(met.size() == 2);
    CHECK(met[0].is_met());
    CHECK(met[0].text() == "met     CPU per request, fairlead to haproxy: 0.88, at most 0.88");
    const auto missed = judge(small(8.9, 10));
    CHECK_FALSE(missed[0].is_met());
    CHECK(missed[0].text() == "MISSED  CPU per request, fairlead to haproxy: 0.89, at most 0.88");
}

TEST_CASE("a bar against a peer that is not there is unknown, not missed", "[bench][peers]") {
    const auto verdicts = judge(small(8, 10));
    CHECK(verdicts[1].is_met());
    CHECK(verdicts[1].text() ==
          "unknown CPU per request, fairlead to nginx: not measured, at most 1.02");
}

TEST_CASE("no bar is met with requests that failed", "[bench][peers]") {
    FigureTable table = small(5, 10);
    table.of("nginx").add(Metric::Cpu, 10);
    table.of("nginx").add(Metric::Errors, 1);
    const auto verdicts = judge(table);
    CHECK(verdicts[0].text() == "met     CPU per request, fairlead to haproxy: 0.50, at most 0.88");
    CHECK(verdicts[1].text() ==
          "unknown CPU per request, fairlead to nginx: requests failed, at most 1.02");
    table.of("fairlead").add(Metric::Errors, 1);
    CHECK_FALSE(judge(table)[0].value);
}

TEST_CASE("absolute bars hold fairlead's own figures", "[bench][peers]") {
    FigureTable table;
    table.scenario = "instructions";
    table.of("fairlead").add(Metric::Instructions, 8001);
    table.of("fairlead").add(Metric::Allocations, 0.004);
    table.of("fairlead").add(Metric::SystemCalls, 4.1);
    const auto verdicts = judge(table);
    REQUIRE(verdicts.size() == 3);
    CHECK(verdicts[0].text() ==
          "MISSED  instructions per request of fairlead: 8,001, at most 8,000");
    CHECK(verdicts[1].text() == "met     allocations per request of fairlead: 0.00, at most 0");
    CHECK(verdicts[2].text() == "met     system calls per request of fairlead: 4.10, at most 4.1");
    CHECK_FALSE(verdicts[0].is_met());
    CHECK(verdicts[1].is_met());
    CHECK(verdicts[2].is_met());
}

TEST_CASE("a scenario without bars has no verdicts", "[bench][peers]") {
    FigureTable table;
    table.scenario = "rate";
    CHECK(judge(table).empty());
}

}  // namespace
}  // namespace fairlead::bench::peers
