#include "bench/peers/bars.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "bench/peers/figure_text.h"
#include "bench/peers/ratio.h"

namespace fairlead::bench::peers {
namespace {

constexpr std::array<Bar, 24> kBars{{
    {"small", Metric::Cpu, "haproxy", 0.88},
    {"small", Metric::Cpu, "nginx", 1.02},
    {"large", Metric::Cpu, "haproxy", 0.70},
    {"large", Metric::Cpu, "nginx", 0.55},
    {"connect", Metric::Cpu, "haproxy", 0.95},
    {"connect", Metric::Cpu, "nginx", 0.95},
    {"tcp", Metric::Cpu, "haproxy", 1.02},
    {"tcp", Metric::Cpu, "nginx", 1.08},
    {"tcp-large", Metric::Cpu, "haproxy", 0.40},
    {"tcp-large", Metric::Cpu, "nginx", 0.60},
    {"tcp-splice", Metric::Cpu, "haproxy", 1.00},
    {"tls", Metric::Cpu, "haproxy", 0.90},
    {"tls", Metric::Cpu, "nginx", 0.90},
    {"tls-connect", Metric::Cpu, "haproxy", 0.90},
    {"tls-connect", Metric::Cpu, "nginx", 0.90},
    {"tls-large", Metric::Cpu, "haproxy", 0.80},
    {"tls-large", Metric::Cpu, "nginx", 0.80},
    {"h2", Metric::Cpu, "haproxy", 0.95},
    {"h2", Metric::Cpu, "nginx", 0.95},
    {"idle", Metric::ClientBytes, "", 500},
    {"idle-tls", Metric::ClientBytes, "", 12 * 1024},
    {"instructions", Metric::Instructions, "", 8000},
    {"instructions", Metric::Allocations, "", 0},
    {"instructions", Metric::SystemCalls, "", 4.1},
}};

constexpr int kRatioDecimals = 2;

int decimals_of(const Bar& bar) {
    return bar.peer.empty() ? metric_row(bar.metric).decimals : kRatioDecimals;
}

bool failed(const FigureTable& table, std::string_view peer) {
    const PeerFigures* figures = table.find(peer);
    return figures != nullptr && figures->errors() > 0;
}

std::optional<double> value_of(const Bar& bar, const FigureTable& table) {
    const PeerFigures* figures = table.find(bar.peer.empty() ? "fairlead" : bar.peer);
    if (figures == nullptr) return std::nullopt;
    if (!bar.peer.empty()) {
        const auto found = ratio_to(table, *figures, bar.metric);
        return found ? std::optional(found->value) : std::nullopt;
    }
    const Series* own = figures->find(bar.metric);
    return own == nullptr ? std::nullopt : std::optional(median(own->rounds));
}

}  // namespace

std::span<const Bar> bars() { return kBars; }

bool Verdict::is_met() const {
    if (!value) return true;
    const double scale = std::pow(10, decimals_of(bar));
    return std::round(*value * scale) <= std::round(bar.at_most * scale);
}

std::string Verdict::text() const {
    const std::string what =
        bar.peer.empty() ? fmt::format("{} of fairlead", metric_row(bar.metric).noun)
                         : fmt::format("{}, fairlead to {}", metric_row(bar.metric).noun, bar.peer);
    // A bar is shown as short as it was set: 4.1, 0.70, 8,000.
    const std::string most = bar.peer.empty() && std::floor(bar.at_most) != bar.at_most
                                 ? fmt::format("{}", bar.at_most)
                                 : figure_text(bar.at_most, bar.peer.empty() ? 0 : kRatioDecimals);
    if (!value) {
        return fmt::format("unknown {}: {}, at most {}", what,
                           has_errors ? "requests failed" : "not measured", most);
    }
    return fmt::format("{:<7} {}: {}, at most {}", is_met() ? "met" : "MISSED", what,
                       figure_text(*value, decimals_of(bar)), most);
}

std::vector<Verdict> judge(const FigureTable& table) {
    std::vector<Verdict> verdicts;
    for (const Bar& bar : kBars) {
        if (bar.scenario != table.scenario) continue;
        const bool has_errors = failed(table, "fairlead") || failed(table, bar.peer);
        verdicts.push_back({bar, has_errors ? std::nullopt : value_of(bar, table), has_errors});
    }
    return verdicts;
}

}  // namespace fairlead::bench::peers
