#include "bench/peers/figure_text.h"

#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

void add_rounds(FigureTable& table, std::string_view peer, const std::vector<double>& cpu,
                double rate, double errors) {
    for (const double each : cpu) {
        table.of(peer).add(Metric::Cpu, each);
        table.of(peer).add(Metric::UserCpu, each / 4);
        table.of(peer).add(Metric::SystemCpu, each * 3 / 4);
        table.of(peer).add(Metric::Rate, rate);
        table.of(peer).add(Metric::Errors, errors);
    }
}

FigureTable small() {
    FigureTable table;
    table.scenario = "small";
    table.title = "small: a small response; medians of 5 rounds of 2s";
    table.metrics = {Metric::Cpu, Metric::UserCpu, Metric::SystemCpu, Metric::Rate, Metric::Errors};
    table.compared = Metric::Cpu;
    return table;
}

TEST_CASE("a table has a row for each peer and judges its bars", "[bench][peers]") {
    FigureTable table = small();
    add_rounds(table, "fairlead", {12, 12, 12, 12, 12}, 51'234, 0);
    add_rounds(table, "haproxy", {15, 15, 15, 15, 15}, 47'012, 0);
    add_rounds(table, "nginx", {10, 10, 10, 10, 10}, 60'000, 0);
    CHECK(table_text(table) ==
          R"(small: a small response; medians of 5 rounds of 2s
          CPU us/request  fairlead to it  95 % interval  user  system  requests/s  errors
fairlead           12.00                                  3.0     9.0      51,234       0
haproxy            15.00            0.80   0.80 to 0.80   3.8    11.2      47,012       0
nginx              10.00            1.20   1.20 to 1.20   2.5     7.5      60,000       0
met     CPU per request, fairlead to haproxy: 0.80, at most 0.88
MISSED  CPU per request, fairlead to nginx: 1.20, at most 1.02
)");
}

TEST_CASE("errors and what was left out are told under the table", "[bench][peers]") {
    FigureTable table = small();
    add_rounds(table, "fairlead", {12}, 51'234, 4);
    table.of("fairlead").outcomes[Outcome::Ok] = 1000;
    table.of("fairlead").outcomes[Outcome::Reset] = 3;
    table.of("fairlead").outcomes[Outcome::Timeout] = 1;
    table.of("floor");
    table.notes.emplace_back("nginx was not found: install it or name it with --nginx PATH");
    // No peer has five rounds, so there is no column of intervals.
    CHECK(table_text(table) ==
          R"(small: a small response; medians of 5 rounds of 2s
          CPU us/request  fairlead to it  user  system  requests/s  errors
fairlead           12.00                   3.0     9.0      51,234       4
floor                  -                     -       -           -       -
unknown CPU per request, fairlead to haproxy: requests failed, at most 0.88
unknown CPU per request, fairlead to nginx: requests failed, at most 1.02
FAILED  requests through fairlead: 3 reset, 1 timeout; its figures are no comparison
note    nginx was not found: install it or name it with --nginx PATH
)");
}

TEST_CASE("figures have their decimals and commas", "[bench][peers]") {
    CHECK(figure_text(12.305, 2) == "12.30");
    CHECK(figure_text(8000.4, 0) == "8,000");
    CHECK(figure_text(-1234, 0) == "-1,234");
    CHECK(figure_text(-0.004, 2) == "0.00");
    CHECK(figure_text(-0.4, 0) == "0");
    CHECK(figure_text(-0.006, 2) == "-0.01");
}

}  // namespace
}  // namespace fairlead::bench::peers
