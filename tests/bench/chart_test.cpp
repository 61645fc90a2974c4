#include "bench/chart.h"

#include <cmath>
#include <limits>

#include "bench/html_text.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

using labels = std::vector<std::string>;

labels ticks(const ChartAxis& axis, double low, double high) {
    const ChartScale scale(axis, low, high, 0, 100);
    labels found;
    for (const ChartTick& tick : scale.ticks()) found.push_back(tick.label);
    return found;
}

std::size_t times(const std::string& text, std::string_view piece) {
    std::size_t count = 0;
    for (std::size_t at = text.find(piece); at != std::string::npos;
         at = text.find(piece, at + 1)) {
        ++count;
    }
    return count;
}

bool is_near(double a, double b) { return std::abs(a - b) < 1e-6; }

}  // namespace

TEST_CASE("a linear axis has about five ticks at round numbers, and ends at them",
          "[bench][chart]") {
    CHECK(ticks({}, 0, 98) == labels{"0", "20", "40", "60", "80", "100"});
    CHECK(ticks({}, 0, 0.35) == labels{"0", "0.1", "0.2", "0.3", "0.4"});
    CHECK(ticks({}, 0, 1040) == labels{"0", "200", "400", "600", "800", "1000", "1200"});
    CHECK(ticks({}, -3, 4) == labels{"-4", "-2", "0", "2", "4"});
    const ChartScale scale({}, 0, 98, 0, 100);
    CHECK(is_near(scale.place(50), 50));
    CHECK(is_near(scale.place(1000), 100));
}

TEST_CASE("a logarithmic axis has powers of ten, and their halves when there is room",
          "[bench][chart]") {
    ChartAxis axis;
    axis.is_log = true;
    CHECK(ticks(axis, 130, 4000) == labels{"100", "200", "500", "1000", "2000", "5000"});
    CHECK(ticks(axis, 1, 1e6) == labels{"1", "10", "100", "1000", "10000", "100000", "1e+06"});
    const ChartScale scale(axis, 1, 10'000, 0, 100);
    CHECK(is_near(scale.place(100), 50));
    CHECK_FALSE(scale.has_place(0));
}

TEST_CASE("an axis without values, or with only one, can be drawn", "[bench][chart]") {
    const double infinity = std::numeric_limits<double>::infinity();
    for (const bool is_log : {false, true}) {
        ChartAxis axis;
        axis.is_log = is_log;
        for (const auto& [low, high] :
             {std::pair(infinity, -infinity), std::pair(7.0, 7.0), std::pair(0.0, 0.0)}) {
            const ChartScale scale(axis, low, high, 0, 100);
            CHECK(std::isfinite(scale.place(7)));
            CHECK(scale.ticks().size() >= 2);
            CHECK(scale.ticks().size() < 20);
        }
    }
}

TEST_CASE("ticks that are given are taken, those beyond the ends left out", "[bench][chart]") {
    ChartAxis axis;
    axis.ticks = {{0, "0%"}, {1, "90%"}, {9, "far"}};
    axis.high = 2;
    CHECK(ticks(axis, 0, 2) == labels{"0%", "90%"});
}

TEST_CASE("a line chart has a line for each series, and a legend when there are several",
          "[bench][chart]") {
    LineChart chart{"two lines"};
    chart.series = {{"first", {{0, 1}, {1, 2}}}, {"second", {{0, 2}, {1, 3}}, 1, true}};
    const std::string svg = figure(chart);
    CHECK(times(svg, "class=\"line c0\"") == 1);
    CHECK(times(svg, "class=\"line c1 dashed\"") == 1);
    CHECK(times(svg, ">first</text>") == 1);
    CHECK(times(svg, "<title>second: 3 at 1</title>") == 1);
    chart.series.pop_back();
    CHECK(times(figure(chart), ">first</text>") == 0);
}

TEST_CASE("points without a place are left out of a line", "[bench][chart]") {
    LineChart chart{"log"};
    chart.y.is_log = true;
    chart.series = {{"only", {{0, 0}, {1, 10}, {2, std::nan("")}, {3, 100}}}};
    const std::string svg = figure(chart);
    CHECK(times(svg, "<circle") == 2);
    CHECK(times(svg, "nan") == 0);
    CHECK(times(svg, "inf") == 0);
    CHECK(times(figure(LineChart{"none"}), "nan") == 0);
}

TEST_CASE("a bar chart has bars by group, error bars and a line to compare with",
          "[bench][chart]") {
    BarChart chart{"ratios"};
    chart.groups = {"small", "large"};
    chart.reference = 1;
    chart.series = {{"a", {ChartBar{0.9, Interval{0.85, 0.95}}, std::nullopt}, 0},
                    {"b", {ChartBar{1.2}, ChartBar{1.1, Interval{1.0, 1.3}}}, 1}};
    const std::string svg = figure(chart);
    CHECK(times(svg, "class=\"bar") == 3);
    CHECK(times(svg, "class=\"whisker\"") == 2);
    CHECK(times(svg, "class=\"reference\"") == 1);
    CHECK(times(svg, "<title>small, a: 0.9 (0.85 to 0.95)</title>") == 1);
    CHECK(times(svg, ">large</text>") == 1);
    CHECK(times(svg, "rotate(-35)") == 0);
    CHECK(times(figure(BarChart{"none"}), "nan") == 0);
    chart.groups = {"small", std::string(60, 'w')};
    CHECK(times(figure(chart), "rotate(-35)") == 2);
}

TEST_CASE("no name can break out of a chart", "[bench][chart]") {
    LineChart chart{"</svg><script>"};
    chart.x.label = "<x>";
    chart.series = {{"<a>", {{0, 1}}}, {"\"b\"", {{0, 1}}}};
    const std::string svg = figure(chart);
    CHECK(times(svg, "<script>") == 0);
    CHECK(times(svg, "<x>") == 0);
    CHECK(times(svg, "<a>") == 0);
    CHECK(escape_html("<a href='x'>&\"\x01\xFF\xC3\xA4") ==
          "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA4");
}

}  // namespace fairlead::bench
