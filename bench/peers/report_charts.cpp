#include "bench/peers/report_charts.h"

#include <array>
#include <string>

#include "bench/peers/ratio.h"

namespace fairlead::bench::peers {
namespace {

std::optional<ChartBar> median_bar(const PeerFigures& peer, Metric metric) {
    const Series* series = peer.find(metric);
    if (series == nullptr) return std::nullopt;
    return ChartBar{median(series->rounds), median_interval(*series)};
}

BarChart compared_chart(const FigureTable& table, Metric metric) {
    BarChart chart;
    chart.title = metric_row(metric).noun;
    chart.y.label = metric_row(metric).title;
    BarSeries series{"median", {}};
    for (const PeerFigures& peer : table.peers) {
        chart.groups.push_back(peer.peer);
        series.bars.push_back(median_bar(peer, metric));
    }
    chart.series.push_back(std::move(series));
    return chart;
}

BarChart ratio_chart(const FigureTable& table, Metric metric) {
    BarChart chart;
    chart.title = std::string(metric_row(metric).noun) + ", fairlead to each";
    chart.y.label = "ratio; below 1 fairlead needs less";
    chart.reference = 1;
    BarSeries series{"ratio of medians", {}, 1};
    for (const PeerFigures& peer : table.peers) {
        const auto found = ratio_to(table, peer, metric);
        if (!found) continue;
        chart.groups.push_back(peer.peer);
        series.bars.emplace_back(ChartBar{found->value, found->interval});
    }
    chart.series.push_back(std::move(series));
    return chart;
}

BarChart latency_chart(const FigureTable& table) {
    constexpr std::array<Metric, 3> kPercentiles{Metric::P50, Metric::P99, Metric::P999};
    BarChart chart;
    chart.title = "latency from the planned start";
    chart.y.label = "us";
    for (const Metric metric : kPercentiles) chart.groups.emplace_back(metric_row(metric).noun);
    for (const PeerFigures& peer : table.peers) {
        BarSeries series{peer.peer, {}, chart.series.size()};
        for (const Metric metric : kPercentiles) series.bars.push_back(median_bar(peer, metric));
        chart.series.push_back(std::move(series));
    }
    return chart;
}

}  // namespace

std::vector<BarChart> charts_of(const FigureTable& table) {
    if (!table.compared) return {latency_chart(table)};
    return {compared_chart(table, *table.compared), ratio_chart(table, *table.compared)};
}

}  // namespace fairlead::bench::peers
