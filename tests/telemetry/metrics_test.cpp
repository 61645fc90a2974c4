#include "proxy/telemetry/metrics.h"

#include <set>
#include <string>

#include "tests/support/catch.h"

using namespace fairlead::telemetry;

TEST_CASE("every metric has its own name in Prometheus' spelling", "[telemetry][metrics]") {
    std::set<std::string_view> seen;
    for (const MetricRow& metric : metrics()) {
        CAPTURE(std::string{metric.name});
        CHECK(seen.insert(metric.name).second);
        CHECK(metric.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
        const bool is_ours = metric.name.substr(0, 9) == "fairlead_";
        const bool is_of_the_process = metric.name.substr(0, 8) == "process_";
        CHECK((is_ours || is_of_the_process));
    }
    CHECK(seen.size() == kMetricCount);
}

TEST_CASE("counters end in _total, histograms in _seconds, gauges never in _total",
          "[telemetry][metrics]") {
    const auto ends_in = [](std::string_view name, std::string_view end) {
        return name.size() > end.size() && name.substr(name.size() - end.size()) == end;
    };
    for (const MetricRow& metric : metrics()) {
        CAPTURE(std::string{metric.name});
        CHECK(ends_in(metric.name, "_total") == (metric.type == MetricType::Counter));
        if (metric.type == MetricType::Histogram) CHECK(ends_in(metric.name, "_seconds"));
    }
}

TEST_CASE("help is one line that needs no escaping", "[telemetry][metrics]") {
    for (const MetricRow& metric : metrics()) {
        CAPTURE(std::string{metric.name});
        CHECK(!metric.help.empty());
        CHECK(metric.help.find_first_of("\\\n") == std::string::npos);
        CHECK(metric.help.back() != '.');
    }
}
