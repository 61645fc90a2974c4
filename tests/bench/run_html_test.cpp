#include "bench/run_html.h"

#include "bench/run_charts.h"
#include "tests/bench/sample_report.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

bool holds(const std::string& text, std::string_view piece) {
    return text.find(piece) != std::string::npos;
}

}  // namespace

TEST_CASE("the page tells what the table tells", "[bench][run_html]") {
    const std::string page = to_html(sample_report());
    CHECK(page.starts_with("<!doctype html>"));
    CHECK(page.ends_with("</html>\n"));
    CHECK(holds(page, "<b>999/s</b><i>1,000/s offered</i>"));
    CHECK(holds(page, "<td>p99.9</td><td>3.47ms</td><td>600us</td>"));
    CHECK(holds(page, "<td>status_5xx</td><td>8</td><td>0.268%</td>"));
    CHECK(holds(page, "<i>lost, duplicated</i><b>0, 1</b>"));
    CHECK(holds(page, "lab1"));
}

TEST_CASE("the page tells what was spoken", "[bench][run_html]") {
    RunReport report = sample_report();
    CHECK(holds(to_html(report), "<tr><th>protocol</th><td>HTTP/1.1</td></tr>"));
    CHECK_FALSE(holds(to_html(report), "<th>TLS</th>"));
    report.tls = TlsUse{{{"TLSv1.3", "TLS_AES_128_GCM_SHA256"}}, 1, 63};
    CHECK(holds(to_html(report),
                "<tr><th>TLS</th><td>TLSv1.3 TLS_AES_128_GCM_SHA256, 1 whole handshake, "
                "63 resumed</td></tr>"));
}

TEST_CASE("the page stands alone: no script, nothing loaded", "[bench][run_html]") {
    const std::string page = to_html(sample_report());
    for (const char* piece : {"<script", "<link", "<img", "src=", "href=", "url(", "@import"}) {
        CAPTURE(piece);
        CHECK_FALSE(holds(page, piece));
    }
}

TEST_CASE("nothing from outside can break out of the page", "[bench][run_html]") {
    RunReport report = sample_report();
    const std::string evil = "\"'><script>alert(1)</script>\x01";
    report.targets = {evil, evil};
    report.command_line = report.host = report.kernel = report.cpu_model = report.version =
        report.started = evil;
    report.generator_limited = evil;
    report.is_interrupted = true;
    const std::string page = to_html(report);
    CHECK_FALSE(holds(page, "<script"));
    CHECK_FALSE(holds(page, "\x01"));
    CHECK(holds(page, "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
}

TEST_CASE("a run that found nothing, and one of a single request, make a page",
          "[bench][run_html]") {
    RunReport report;
    CHECK_FALSE(holds(to_html(report), "nan"));
    CHECK_FALSE(holds(to_html(report), "inf"));
    report.from_planned.record(Duration::zero());
    report.from_send.record(Duration::zero());
    report.outcomes[Outcome::Ok] = 1;
    CHECK_FALSE(holds(to_html(report), "nan"));
    CHECK_FALSE(holds(to_html(report), "inf"));
}

TEST_CASE("the percentile plot ends at the maximum of as many requests as there were",
          "[bench][run_html]") {
    RunReport report = drawn_report(1, 10, 1.0);  // 10,000 requests: the last is 99.99 %
    const LineChart chart = percentile_chart(report);
    REQUIRE(chart.series.size() == 2);
    const ChartPoint last = chart.series[0].points.back();
    CHECK(last.x == 4);
    CHECK(last.y * 1000 == static_cast<double>(report.from_planned.max().count()));
}

TEST_CASE("the bins of the histogram hold every request once", "[bench][run_html]") {
    const LineChart chart = histogram_chart(sample_report());
    double sum = 0;
    for (const ChartPoint& point : chart.series[0].points) sum += point.y / 2;  // two for each bin
    CHECK(sum > 0.9999);
    CHECK(sum < 1.0001);
}

TEST_CASE("the rate over the run is by the length of each interval", "[bench][run_html]") {
    RunReport report = sample_report();
    report.timeline[2].second = 2.5;
    const LineChart chart = rate_chart(report);
    REQUIRE(chart.series.size() == 3);
    CHECK(chart.series[1].points[2].y == 1980);
    CHECK(chart.series[2].points[1].y == 8);
    report.outcomes = {};
    CHECK(rate_chart(report).series.size() == 2);
}

}  // namespace fairlead::bench
