/// Charts as figures of a page: inline SVG, no script, colours from chart_style() for light and
/// dark. Names and labels are escaped here.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/bootstrap.h"
#include "bench/chart_axis.h"

namespace fairlead::bench {

struct ChartPoint {
    double x = 0;
    double y = 0;
};

struct ChartSeries {
    std::string name;
    std::vector<ChartPoint> points;  ///< by ascending x; those without a place are left out
    std::size_t colour = 0;          ///< of kChartColours; larger ones begin again
    bool is_dashed = false;
    bool is_filled = false;  ///< down to the axis
};

struct LineChart {
    std::string title;
    ChartAxis x{};
    ChartAxis y{};
    std::vector<ChartSeries> series{};
};

struct ChartBar {
    double value = 0;
    std::optional<Interval> interval{};  ///< drawn as an error bar
};

struct BarSeries {
    std::string name;
    std::vector<std::optional<ChartBar>> bars;  ///< one for each group; absent: not measured
    std::size_t colour = 0;
};

struct BarChart {
    std::string title;
    std::vector<std::string> groups{};
    ChartAxis y{};  ///< begins at 0 unless it says otherwise
    std::vector<BarSeries> series{};
    std::optional<double> reference{};  ///< a line across, as 1 for ratios
};

inline constexpr std::size_t kChartColours = 6;

/// <figure class="chart"> with a caption and the drawing.
std::string figure(const LineChart& chart);
std::string figure(const BarChart& chart);

/// The rules for <style>, once for each page.
std::string_view chart_style();

}  // namespace fairlead::bench
