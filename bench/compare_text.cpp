#include "bench/compare_text.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <iterator>

#include "bench/figures.h"

namespace fairlead::bench {

namespace {

using Unit = Difference::Unit;
using Verdict = Difference::Verdict;

std::string value_text(std::optional<double> value, Unit unit) {
    if (!value) return "-";
    switch (unit) {
        case Unit::Latency:
            return human_duration(Duration(std::llround(*value * 1000)));
        case Unit::Rate:
            return human_rate(*value);
        case Unit::Share:
            return human_share(*value);
        case Unit::CpuTime:
            return fmt::format("{:.1f}us", *value);
    }
    return {};
}

/// A change from nothing to something is no percentage anyone can use.
constexpr double kChangeMax = 1000;

std::string signed_text(double change, Unit unit) {
    if (unit == Unit::Share) return fmt::format("{:+.2f}", change * 100);
    if (change > kChangeMax) return ">+100000%";
    return fmt::format("{:+.1f}%", change * 100);
}

}  // namespace

std::string change_text(const Difference& difference) {
    if (!difference.change) return "-";
    return signed_text(*difference.change, difference.unit) +
           (difference.unit == Unit::Share ? " points" : "");
}

std::string interval_text(const Difference& difference) {
    if (!difference.interval) return "-";
    return fmt::format("{} to {}", signed_text(difference.interval->low, difference.unit),
                       signed_text(difference.interval->high, difference.unit));
}

std::string verdict_text(const Difference& difference) {
    const bool is_time = difference.unit == Unit::Latency;
    switch (difference.verdict) {
        case Verdict::NotJudged:
            return "not judged";
        case Verdict::None:
            return "no difference";
        case Verdict::More:
            return is_time ? "slower" : "more";
        case Verdict::Less:
            return is_time ? "faster" : "fewer";
    }
    return {};
}

std::string Comparison::text() const {
    std::string out;
    const auto line = [&out](std::string_view name, std::string_view a, std::string_view b,
                             std::string_view change, std::string_view interval,
                             std::string_view verdict) {
        fmt::format_to(std::back_inserter(out), "{:<14}{:>11}{:>11}{:>14}{:>20}   {}\n", name, a, b,
                       change, interval, verdict);
    };
    fmt::format_to(std::back_inserter(out), "A  {}\nB  {}\n\n", printable(a_name),
                   printable(b_name));
    line("", "A", "B", "change", "95 % interval", "verdict");
    for (const Difference& each : differences) {
        line(each.name, value_text(each.a, each.unit), value_text(each.b, each.unit),
             change_text(each), interval_text(each), verdict_text(each));
    }
    if (!warnings.empty()) out += '\n';
    for (const std::string& warning : warnings) out += "warning: " + warning + "\n";
    if (!failures.empty()) out += '\n';
    for (const std::string& failure : failures) out += "failed: " + failure + "\n";
    return out;
}

}  // namespace fairlead::bench
