#include "bench/chart_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fairlead::bench {

namespace {

constexpr double kSteps[] = {1, 2, 5, 10};
constexpr double kTolerance = 1e-9;  // of powers of ten that are none exactly
constexpr int kTicksWanted = 5;

/// Between ticks, so that there are about as many as wanted: 4 to 8.
double tick_step(double low, double high) { return round_down((high - low) / kTicksWanted * 1.5); }

double power_below(double value) { return std::pow(10, std::floor(std::log10(value))); }

}  // namespace

double round_down(double value) {
    const double power = power_below(value);
    double best = power;
    for (const double step : kSteps) {
        if (step * power <= value * (1 + kTolerance)) best = step * power;
    }
    return best;
}

double round_up(double value) {
    const double power = power_below(value);
    for (const double step : kSteps) {
        if (step * power >= value * (1 - kTolerance)) return step * power;
    }
    return 10 * power;
}

ChartScale::ChartScale(const ChartAxis& axis, double low, double high, double from, double to)
    : is_log_(axis.is_log),
      low_(axis.low.value_or(low)),
      high_(axis.high.value_or(high)),
      from_(from),
      to_(to) {
    widen(axis);
    make_ticks(axis);
}

/// Never empty and never without end, whatever the values were.
void ChartScale::widen(const ChartAxis& axis) {
    if (is_log_) {
        if (!(low_ > 0) || !std::isfinite(low_)) low_ = 1;
        if (!(high_ > low_) || !std::isfinite(high_)) high_ = low_;
        if (!axis.low) low_ = round_down(low_);
        if (!axis.high) high_ = round_up(high_);
        if (high_ <= low_) high_ = low_ * 10;
        return;
    }
    if (!std::isfinite(low_)) low_ = 0;
    if (!std::isfinite(high_) || high_ <= low_) high_ = low_ + 1;
    const double step = tick_step(low_, high_);
    if (!axis.low) low_ = std::floor(low_ / step + kTolerance) * step;
    if (!axis.high) high_ = std::ceil(high_ / step - kTolerance) * step;
}

void ChartScale::make_ticks(const ChartAxis& axis) {
    const auto add = [&](double at) {
        // 0.1 * 3 is no 0.3: without the format's rounding a tick would show it.
        ticks_.push_back({at, axis.format ? axis.format(at) : fmt::format("{:.6g}", at)});
    };
    if (!axis.ticks.empty()) {
        for (const ChartTick& tick : axis.ticks) {
            if (tick.at >= low_ && tick.at <= high_) ticks_.push_back(tick);
        }
    } else if (is_log_) {
        const bool is_short = high_ / low_ < 2000;  // 1, 2 and 5 of each decade have room
        double at = is_short ? low_ : power_below(low_);
        while (at <= high_ * (1 + kTolerance)) {
            if (at >= low_ * (1 - kTolerance)) add(at);
            at = is_short ? round_up(at * 1.5) : at * 10;
        }
    } else {
        const double step = tick_step(low_, high_);
        const double first = std::ceil(low_ / step - kTolerance);
        for (int i = 0; (first + i) * step <= high_ + step * kTolerance; ++i) {
            add((first + i) * step);
        }
    }
}

double ChartScale::shape(double value) const { return is_log_ ? std::log10(value) : value; }

bool ChartScale::has_place(double value) const {
    return std::isfinite(value) && (!is_log_ || value > 0);
}

double ChartScale::place(double value) const {
    const double inside = std::clamp(value, low_, high_);
    const double share = (shape(inside) - shape(low_)) / (shape(high_) - shape(low_));
    return from_ + share * (to_ - from_);
}

}  // namespace fairlead::bench
