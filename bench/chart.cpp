#include "bench/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "bench/html_text.h"

namespace fairlead::bench {

namespace {

// The drawing, in units of its own: the page scales it.
constexpr double kWidth = 640;
constexpr double kHeight = 330;
constexpr double kLeft = 70;
constexpr double kRight = kWidth - 18;
constexpr double kTop = 36;
constexpr double kBottom = kHeight - 52;
constexpr double kLetter = 7.2;        // width of a letter, about
constexpr std::size_t kDotsMax = 150;  // places that tell their value; beyond, they overlap
constexpr std::size_t kNameMax = 18;   // letters of a group's name, when it is turned
constexpr double kTurnedNames = 30;    // more height for them

double letters(std::string_view name) { return static_cast<double>(name.size()); }

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void add(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
};

/// A drawing that is being written.
class Drawing {
  public:
    explicit Drawing(std::string_view title, double height = kHeight) {
        add("<figure class=\"chart\"><figcaption>{0}</figcaption><div class=\"scroll\">"
            "<svg viewBox=\"0 0 {1} {2}\" role=\"img\" aria-label=\"{0}\">\n",
            escape_html(title), kWidth, height);
    }
    template <class... Values>
    void add(fmt::format_string<Values...> format, Values&&... values) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    }
    void text(double x, double y, std::string_view anchor, std::string_view text) {
        add("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
            escape_html(text));
    }
    std::string finish() { return text_ + "</svg></div></figure>\n"; }

  private:
    std::string text_;
};

std::string format_value(const ChartAxis& axis, double value) {
    return axis.format ? axis.format(value) : fmt::format("{:.6g}", value);
}

void draw_y_axis(Drawing& drawing, const ChartScale& scale, const std::string& label) {
    for (const ChartTick& tick : scale.ticks()) {
        const double y = scale.place(tick.at);
        drawing.add(
            "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft,
            kRight, y, y);
        drawing.text(kLeft - 8, y + 4, "end", tick.label);
    }
    drawing.add(
        "<text class=\"name\" transform=\"translate(14 {:.1f}) rotate(-90)\" "
        "text-anchor=\"middle\">{}</text>\n",
        (kTop + kBottom) / 2, escape_html(label));
}

void draw_x_axis(Drawing& drawing, const ChartScale& scale, const std::string& label) {
    double free_from = 0;  // labels that would run into one another are left out
    for (const ChartTick& tick : scale.ticks()) {
        const double x = scale.place(tick.at);
        drawing.add(
            "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", x, x,
            kTop, kBottom);
        const double half = letters(tick.label) * kLetter / 2;
        if (x - half < free_from) continue;
        drawing.text(x, kBottom + 18, "middle", tick.label);
        free_from = x + half + 4;
    }
    drawing.add("<text class=\"name\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
                (kLeft + kRight) / 2, kHeight - 8, escape_html(label));
}

void draw_frame(Drawing& drawing) {
    drawing.add("<path class=\"axis\" d=\"M{0:.1f} {1:.1f}V{2:.1f}H{3:.1f}\"/>\n", kLeft, kTop,
                kBottom, kRight);
}

/// A legend of one name says what the caption says: left out.
template <class Series>
void draw_legend(Drawing& drawing, const std::vector<Series>& series) {
    if (series.size() < 2) return;
    double x = kLeft;
    for (const Series& each : series) {
        drawing.add(
            "<rect class=\"fill c{}\" x=\"{:.1f}\" y=\"12\" width=\"14\" height=\"6\" "
            "rx=\"2\"/>",
            each.colour % kChartColours, x);
        drawing.text(x + 20, 19, "start", each.name);
        x += 38 + letters(each.name) * kLetter;
    }
}

void draw_series(Drawing& drawing, const ChartSeries& series, const LineChart& chart,
                 const ChartScale& x, const ChartScale& y) {
    std::string path;
    std::string dots;
    double first = 0;
    double last = 0;
    for (const ChartPoint& point : series.points) {
        if (!x.has_place(point.x) || !y.has_place(point.y)) continue;
        last = x.place(point.x);
        if (path.empty()) first = last;
        fmt::format_to(std::back_inserter(path), "{}{:.1f} {:.1f}", path.empty() ? "M" : "L", last,
                       y.place(point.y));
        if (series.points.size() > kDotsMax) continue;
        fmt::format_to(std::back_inserter(dots),
                       "<circle class=\"dot fill c{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\">"
                       "<title>{}: {} at {}</title></circle>",
                       series.colour % kChartColours, last, y.place(point.y),
                       escape_html(series.name), escape_html(format_value(chart.y, point.y)),
                       escape_html(format_value(chart.x, point.x)));
    }
    if (path.empty()) return;
    if (series.is_filled) {
        drawing.add("<path class=\"area fill c{}\" d=\"{}L{:.1f} {:.1f}H{:.1f}Z\"/>\n",
                    series.colour % kChartColours, path, last, kBottom, first);
        dots.clear();
    }
    drawing.add("<path class=\"line c{}{}\" d=\"{}\"/>{}\n", series.colour % kChartColours,
                series.is_dashed ? " dashed" : "", path, dots);
}

void draw_bar(Drawing& drawing, const ChartBar& bar, double x, double width, std::size_t colour,
              const ChartScale& y, const std::string& title) {
    const double top = y.place(bar.value);
    drawing.add(
        "<rect class=\"bar fill c{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\"><title>{}</title></rect>",
        colour % kChartColours, x, top, width, kBottom - top, escape_html(title));
    if (!bar.interval || !y.has_place(bar.interval->low) || !y.has_place(bar.interval->high))
        return;
    const double middle = x + width / 2;
    const double cap = std::min(width / 4, 5.0);
    drawing.add(
        "<path class=\"whisker\" d=\"M{0:.1f} {2:.1f}H{1:.1f}M{3:.1f} {2:.1f}V{4:.1f}"
        "M{0:.1f} {4:.1f}H{1:.1f}\"/>\n",
        middle - cap, middle + cap, y.place(bar.interval->high), middle,
        y.place(bar.interval->low));
}

std::string bar_title(const std::string& group, const BarSeries& series, const ChartBar& bar,
                      const ChartAxis& y) {
    std::string title = fmt::format("{}, {}: {}", group, series.name, format_value(y, bar.value));
    if (bar.interval) {
        title += fmt::format(" ({} to {})", format_value(y, bar.interval->low),
                             format_value(y, bar.interval->high));
    }
    return title;
}

void draw_group_name(Drawing& drawing, const std::string& name, double middle, bool is_turned) {
    if (!is_turned) {
        drawing.text(middle, kBottom + 18, "middle", name);
        return;
    }
    const std::string shown = name.size() <= kNameMax ? name : name.substr(0, kNameMax - 2) + "..";
    drawing.add(
        "<text transform=\"translate({:.1f} {:.1f}) rotate(-35)\" text-anchor=\"end\">{}"
        "</text>\n",
        middle + 6, kBottom + 14, escape_html(shown));
}

}  // namespace

std::string figure(const LineChart& chart) {
    Range x_range;
    Range y_range;
    for (const ChartSeries& series : chart.series) {
        for (const ChartPoint& point : series.points) {
            if (chart.y.is_log && !(point.y > 0)) continue;
            if (chart.x.is_log && !(point.x > 0)) continue;
            x_range.add(point.x);
            y_range.add(point.y);
        }
    }
    const ChartScale x(chart.x, x_range.low, x_range.high, kLeft, kRight);
    const ChartScale y(chart.y, y_range.low, y_range.high, kBottom, kTop);
    Drawing drawing(chart.title);
    draw_y_axis(drawing, y, chart.y.label);
    draw_x_axis(drawing, x, chart.x.label);
    for (const ChartSeries& series : chart.series) draw_series(drawing, series, chart, x, y);
    draw_frame(drawing);
    draw_legend(drawing, chart.series);
    return drawing.finish();
}

std::string figure(const BarChart& chart) {
    Range range;
    for (const BarSeries& series : chart.series) {
        for (const std::optional<ChartBar>& bar : series.bars) {
            if (!bar) continue;
            range.add(bar->value);
            if (bar->interval) range.add(bar->interval->high);
        }
    }
    if (chart.reference) range.add(*chart.reference);
    const ChartScale y(chart.y, chart.y.is_log ? range.low : 0, range.high, kBottom, kTop);
    const double group_width =
        (kRight - kLeft) / static_cast<double>(std::max<std::size_t>(chart.groups.size(), 1));
    const bool is_turned =
        std::any_of(chart.groups.begin(), chart.groups.end(),
                    [&](const std::string& name) { return letters(name) * kLetter > group_width; });
    Drawing drawing(chart.title, is_turned ? kHeight + kTurnedNames : kHeight);
    draw_y_axis(drawing, y, chart.y.label);
    const double bar_width =
        group_width * 0.76 / static_cast<double>(std::max<std::size_t>(chart.series.size(), 1));
    for (std::size_t g = 0; g < chart.groups.size(); ++g) {
        const double left = kLeft + static_cast<double>(g) * group_width;
        for (std::size_t s = 0; s < chart.series.size(); ++s) {
            const BarSeries& series = chart.series[s];
            if (g >= series.bars.size() || !series.bars[g]) continue;
            const ChartBar& bar = *series.bars[g];
            if (!y.has_place(bar.value)) continue;
            const double x = left + group_width * 0.12 + static_cast<double>(s) * bar_width;
            draw_bar(drawing, bar, x, bar_width - 2, series.colour, y,
                     bar_title(chart.groups[g], series, bar, chart.y));
        }
        draw_group_name(drawing, chart.groups[g], left + group_width / 2, is_turned);
    }
    if (chart.reference && y.has_place(*chart.reference)) {
        drawing.add("<path class=\"reference\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", kLeft,
                    y.place(*chart.reference), kRight);
    }
    draw_frame(drawing);
    draw_legend(drawing, chart.series);
    return drawing.finish();
}

std::string_view chart_style() {
    return R"css(
:root{--c0:#2563c9;--c1:#c2570c;--c2:#b3261e;--c3:#2e7d4f;--c4:#7a4cc2;--c5:#64748b;
--ink:#1b2430;--soft:#5b6675;--grid:#e3e7ec;--page:#f6f7f9;--card:#fff;--edge:#dfe3e8}
@media (prefers-color-scheme:dark){:root{--c0:#78a9ff;--c1:#f5a254;--c2:#ff8078;--c3:#6fce95;
--c4:#bd9bf5;--c5:#9aa7b8;--ink:#e8ebf0;--soft:#a0abba;--grid:#2b333e;--page:#12161c;--card:#1a2028;
--edge:#2b333e}}
.chart{margin:0}
.chart figcaption{font-weight:600;margin-bottom:.3rem}
.chart .scroll{overflow-x:auto}
.chart svg{display:block;width:100%;min-width:440px;height:auto;font-size:12.5px}
.chart text{fill:var(--soft)}
.chart .name{fill:var(--soft);font-size:12px}
.chart .grid{stroke:var(--grid);stroke-width:1}
.chart .axis{fill:none;stroke:var(--soft);stroke-width:1}
.chart .line{fill:none;stroke-width:2;stroke-linejoin:round}
.chart .dashed{stroke-dasharray:6 4}
.chart .area{opacity:.22}
.chart .dot{opacity:0}
.chart .dot:hover{opacity:1}
.chart .whisker{fill:none;stroke:var(--ink);stroke-width:1.4}
.chart .reference{fill:none;stroke:var(--ink);stroke-width:1;stroke-dasharray:4 3}
.chart .line.c0{stroke:var(--c0)}.chart .line.c1{stroke:var(--c1)}.chart .line.c2{stroke:var(--c2)}
.chart .line.c3{stroke:var(--c3)}.chart .line.c4{stroke:var(--c4)}.chart .line.c5{stroke:var(--c5)}
.chart .fill.c0{fill:var(--c0)}.chart .fill.c1{fill:var(--c1)}.chart .fill.c2{fill:var(--c2)}
.chart .fill.c3{fill:var(--c3)}.chart .fill.c4{fill:var(--c4)}.chart .fill.c5{fill:var(--c5)}
)css";
}

}  // namespace fairlead::bench
