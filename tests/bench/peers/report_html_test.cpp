#include "bench/peers/report.h"
#include "bench/peers/report_charts.h"
#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

FigureTable compared() {
    FigureTable table;
    table.scenario = "small";
    table.title = "small: a <test>";
    table.metrics = {Metric::Cpu};
    table.compared = Metric::Cpu;
    for (const double cpu : {12.0, 10.0, 11.0, 10.5, 11.5}) {
        table.of("fairlead").add(Metric::Cpu, cpu);
        table.of("nginx").add(Metric::Cpu, cpu / 2);
    }
    table.notes.emplace_back("a note");
    return table;
}

TEST_CASE("what is compared is drawn with its interval, and as a ratio", "[bench][peers]") {
    const auto charts = charts_of(compared());
    REQUIRE(charts.size() == 2);
    CHECK(charts[0].title == "CPU per request");
    CHECK(charts[0].groups == std::vector<std::string>{"fairlead", "nginx"});
    REQUIRE(charts[0].series.size() == 1);
    REQUIRE(charts[0].series[0].bars.size() == 2);
    CHECK(charts[0].series[0].bars[0]->value == 11);
    CHECK(charts[0].series[0].bars[0]->interval == Interval{10, 12});
    CHECK(charts[1].groups == std::vector<std::string>{"nginx"});
    CHECK(charts[1].reference == 1);
    CHECK(charts[1].series[0].bars[0]->value == 2);
}

TEST_CASE("a table without a ratio is drawn by percentile", "[bench][peers]") {
    FigureTable table;
    table.scenario = "rate";
    table.of("fairlead").add(Metric::P50, 100);
    table.of("fairlead").add(Metric::P99, 300);
    const auto charts = charts_of(table);
    REQUIRE(charts.size() == 1);
    CHECK(charts[0].groups == std::vector<std::string>{"p50", "p99", "p99.9"});
    REQUIRE(charts[0].series.size() == 1);
    CHECK(charts[0].series[0].name == "fairlead");
    CHECK(charts[0].series[0].bars[1]->value == 300);
    CHECK_FALSE(charts[0].series[0].bars[2]);
}

TEST_CASE("the page has each table with its verdicts and plots", "[bench][peers]") {
    const std::vector<Peer> peers{{&peer_rows()[0], "/bin/fairlead", "fairlead <1>"}};
    const std::deque<FigureTable> tables{compared()};
    const PeersSettings settings;
    const Report report{"1",      {"2026-03-01T14:05:09Z", "here", "Linux 6", "a CPU", 2},
                        "pinned", settings,
                        true,     "nginx <ended>",
                        peers,    tables};
    const std::string page = report_html(report);
    const auto has = [&page](const std::string& text) {
        INFO(text);
        CHECK(page.find(text) != std::string::npos);
    };
    has("<h2>small: a &lt;test&gt;</h2>");
    has("<tr><th></th><th>CPU us/request</th><th>fairlead to it</th><th>95 % interval</th></tr>");
    has("<tr><td>nginx</td><td>5.50</td><td>2.00</td><td>2.00 to 2.00</td></tr>");
    has("<p style=\"color:var(--c2)\">MISSED  CPU per request, fairlead to nginx: 2.00, at most "
        "1.02</p>");
    has("<p>note    a note</p>");
    has("<figure class=\"chart\">");
    has("<tr><th>fairlead</th><td>fairlead &lt;1&gt; (/bin/fairlead)</td></tr>");
    has("Interrupted.");
    has("Ended by an error: nginx &lt;ended&gt;");
    has("5 rounds of 2s, pinned, 2026-03-01T14:05:09Z");
}

}  // namespace
}  // namespace fairlead::bench::peers
