#include "bench/run_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/figures.h"

namespace fairlead::bench {

namespace {

constexpr std::size_t kPlanned = 0;  // colours, the same in every plot
constexpr std::size_t kSent = 1;
constexpr std::size_t kBad = 2;
constexpr std::size_t kGood = 3;
constexpr std::size_t kQuiet = 5;

double in_us(Duration duration) {
    return std::chrono::duration<double, std::micro>(duration).count();
}

/// "200us", "1ms", "2.5s": short, for ticks.
std::string short_duration(double us) {
    if (us < 1e3) return fmt::format("{:.4g}us", us);
    return us < 1e6 ? fmt::format("{:.4g}ms", us / 1e3) : fmt::format("{:.4g}s", us / 1e6);
}

std::string short_count(double value) {
    return value >= 1000 && value < 1e15 ? human_number(static_cast<std::uint64_t>(value + 0.5))
                                         : fmt::format("{:.4g}", value);
}

ChartAxis latency_axis() { return {"latency", true, short_duration}; }

ChartAxis second_axis() {
    return {"seconds since the measured part began",
            false,
            [](double second) { return fmt::format("{:.4g}", second); },
            {},
            0};
}

/// Where a share stands: 90 % at 1, 99 % at 2, 99.9 % at 3.
double nines(double share) { return -std::log10(1 - share); }

ChartSeries percentiles(std::string name, const LatencyHistogram& histogram, std::size_t colour) {
    constexpr double kStep = 0.05;
    ChartSeries series{std::move(name), {}, colour, colour == kSent};
    if (histogram.count() == 0) return series;
    // One request of n is the last 1/n: further to the right there is nothing.
    const double end = std::log10(static_cast<double>(histogram.count()));
    for (double at = 0; at < end; at += kStep) {
        series.points.push_back({at, in_us(histogram.quantile(1 - std::pow(10, -at)))});
    }
    series.points.push_back({end, in_us(histogram.max())});
    return series;
}

ChartSeries distribution(std::string name, const LatencyHistogram& histogram, double low,
                         double high, std::size_t colour) {
    constexpr double kBinsPerDecade = 24;
    // One is filled, the other drawn over it: two fills would blend into a third colour.
    ChartSeries series{std::move(name), {}, colour, colour == kSent, colour == kPlanned};
    if (histogram.count() == 0) return series;
    const double decades = std::log10(high / low);
    const auto bins = static_cast<std::size_t>(std::max(decades * kBinsPerDecade, 24.0));
    const double width = std::log(high / low) / static_cast<double>(bins);
    std::vector<double> shares(bins);
    for (const auto& bucket : histogram.buckets()) {
        const double us = std::max(static_cast<double>(bucket.upper_us), low);
        const auto bin = static_cast<std::size_t>(std::log(us / low) / width);
        shares[std::min(bin, bins - 1)] +=
            static_cast<double>(bucket.count) / static_cast<double>(histogram.count());
    }
    for (std::size_t i = 0; i < bins; ++i) {
        const double left = low * std::exp(width * static_cast<double>(i));
        series.points.push_back({left, shares[i]});
        series.points.push_back({left * std::exp(width), shares[i]});
    }
    return series;
}

}  // namespace

LineChart percentile_chart(const RunReport& report) {
    LineChart chart{"Latency by percentile"};
    chart.x.label = "share of the requests that took no longer";
    for (const auto& [share, label] :
         {std::pair(0.0, "0%"), std::pair(0.5, "50%"), std::pair(0.9, "90%"),
          std::pair(0.99, "99%"), std::pair(0.999, "99.9%"), std::pair(0.9999, "99.99%"),
          std::pair(0.99999, "99.999%"), std::pair(0.999999, "99.9999%")}) {
        chart.x.ticks.push_back({nines(share), label});
    }
    chart.x.format = [](double at) {
        return fmt::format("{:.6g}%", (1 - std::pow(10, -at)) * 100);
    };
    chart.x.low = 0;
    const std::uint64_t most = std::max(report.from_planned.count(), report.from_send.count());
    chart.x.high = std::max(std::log10(static_cast<double>(std::max<std::uint64_t>(most, 1))), 1.0);
    chart.y = latency_axis();
    chart.series = {percentiles("from the planned start", report.from_planned, kPlanned),
                    percentiles("from the send", report.from_send, kSent)};
    return chart;
}

LineChart histogram_chart(const RunReport& report) {
    LineChart chart{"How many requests took how long"};
    chart.x = latency_axis();
    chart.y = {"share of the requests", false, human_share, {}, 0};
    const double shortest =
        std::min(in_us(report.from_planned.min()), in_us(report.from_send.min()));
    const double longest =
        std::max(in_us(report.from_planned.max()), in_us(report.from_send.max()));
    const double low = std::max(shortest, 1.0);
    const double high = std::max(longest, low * 1.1);
    chart.series = {
        distribution("from the planned start", report.from_planned, low, high, kPlanned),
        distribution("from the send", report.from_send, low, high, kSent)};
    return chart;
}

LineChart rate_chart(const RunReport& report) {
    LineChart chart{"Rate over the run"};
    chart.x = second_axis();
    chart.y = {"requests a second", false, short_count, {}, 0};
    ChartSeries ended{"ended", {}, kPlanned};
    ChartSeries errors{"errors", {}, kBad};
    double before = 0;
    for (const TimelineRow& row : report.timeline) {
        const double seconds = row.second - before;
        before = row.second;
        if (!(seconds > 0)) continue;
        ended.points.push_back({row.second, static_cast<double>(row.outcomes.total()) / seconds});
        errors.points.push_back({row.second, static_cast<double>(row.outcomes.errors()) / seconds});
    }
    if (report.offered_rate > 0 && before > 0) {
        const double rate = report.offered_rate;
        chart.series.push_back({"offered", {{0, rate}, {before, rate}}, kQuiet, true});
    }
    chart.series.push_back(std::move(ended));
    if (report.outcomes.errors() > 0) chart.series.push_back(std::move(errors));
    return chart;
}

LineChart latency_chart(const RunReport& report) {
    LineChart chart{"Latency over the run, from the planned start"};
    chart.x = second_axis();
    chart.y = latency_axis();
    ChartSeries p50{"p50", {}, kGood};
    ChartSeries p99{"p99", {}, kPlanned};
    ChartSeries max{"max", {}, kBad, true};
    LatencyHistogram histogram;
    for (const TimelineRow& row : report.timeline) {
        histogram.clear();
        for (const auto& bucket : row.latencies) histogram.add_bucket(bucket);
        if (histogram.count() == 0) continue;  // a gap says more than a zero
        p50.points.push_back({row.second, in_us(histogram.quantile(0.5))});
        p99.points.push_back({row.second, in_us(histogram.quantile(0.99))});
        max.points.push_back({row.second, in_us(histogram.max())});
    }
    chart.series = {std::move(max), std::move(p99), std::move(p50)};
    return chart;
}

}  // namespace fairlead::bench
