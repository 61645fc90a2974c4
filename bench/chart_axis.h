/// One axis of a chart: from values to places, with ticks at round numbers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::bench {

struct ChartTick {
    double at = 0;
    std::string label;
};

/// What a chart says of an axis. What is not set is taken from the values.
struct ChartAxis {
    std::string label{};
    bool is_log = false;                          ///< values of 0 and less have no place then
    std::function<std::string(double)> format{};  ///< of ticks; default: plain numbers
    std::vector<ChartTick> ticks{};               ///< default: at 1, 2 and 5 times powers of ten
    std::optional<double> low{};
    std::optional<double> high{};
};

/// An axis laid out between two places of the drawing.
class ChartScale {
  public:
    /// @param low,high    of the values; widened to round numbers
    /// @param from,to     places of the ends, in units of the drawing
    ChartScale(const ChartAxis& axis, double low, double high, double from, double to);

    /// Values beyond the ends are at the ends.
    double place(double value) const;
    bool has_place(double value) const;
    const std::vector<ChartTick>& ticks() const { return ticks_; }

  private:
    double shape(double value) const;  ///< the logarithm, of a log axis
    void widen(const ChartAxis& axis);
    void make_ticks(const ChartAxis& axis);

    bool is_log_;
    double low_;
    double high_;
    double from_;
    double to_;
    std::vector<ChartTick> ticks_;
};

/// The largest of 1, 2 and 5 times a power of ten that is not above `value` > 0.
double round_down(double value);
/// The smallest that is not below.
double round_up(double value);

}  // namespace fairlead::bench
