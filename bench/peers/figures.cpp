#include "bench/peers/figures.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>

namespace fairlead::bench::peers {
namespace {

constexpr std::array<MetricRow, 12> kMetrics{{
    {Metric::Cpu, "cpu_us_per_request", "CPU us/request", "CPU per request", 2},
    {Metric::UserCpu, "user_us_per_request", "user", "user CPU per request", 1},
    {Metric::SystemCpu, "system_us_per_request", "system", "system CPU per request", 1},
    {Metric::Rate, "requests_per_second", "requests/s", "throughput", 0},
    {Metric::Errors, "errors", "errors", "errors", 0},
    {Metric::P50, "p50_us", "p50 us", "p50", 0},
    {Metric::P99, "p99_us", "p99 us", "p99", 0},
    {Metric::P999, "p999_us", "p99.9 us", "p99.9", 0},
    {Metric::ClientBytes, "bytes_per_client", "bytes/client", "memory per idle client", 0},
    {Metric::Instructions, "instructions_per_request", "instructions/request",
     "instructions per request", 0},
    {Metric::Allocations, "allocations_per_request", "allocations", "allocations per request", 2},
    {Metric::SystemCalls, "system_calls_per_request", "system calls", "system calls per request",
     2},
}};

}  // namespace

const MetricRow& metric_row(Metric metric) {
    const MetricRow& row = kMetrics[static_cast<std::size_t>(metric)];
    assert(row.metric == metric);
    return row;
}

const Series* PeerFigures::find(Metric metric) const {
    const auto found = std::find_if(series.begin(), series.end(),
                                    [metric](const Series& s) { return s.metric == metric; });
    return found == series.end() || found->rounds.empty() ? nullptr : &*found;
}

void PeerFigures::add(Metric metric, double value) {
    const auto found = std::find_if(series.begin(), series.end(),
                                    [metric](const Series& s) { return s.metric == metric; });
    if (found != series.end()) {
        found->rounds.push_back(value);
    } else {
        series.push_back({metric, {value}});
    }
}

double PeerFigures::errors() const {
    const Series* found = find(Metric::Errors);
    return found == nullptr ? 0 : std::accumulate(found->rounds.begin(), found->rounds.end(), 0.0);
}

PeerFigures& FigureTable::of(std::string_view peer) {
    const auto found = std::find_if(peers.begin(), peers.end(),
                                    [peer](const PeerFigures& p) { return p.peer == peer; });
    if (found != peers.end()) return *found;
    return peers.emplace_back(PeerFigures{std::string(peer)});
}

const PeerFigures* FigureTable::find(std::string_view peer) const {
    const auto found = std::find_if(peers.begin(), peers.end(),
                                    [peer](const PeerFigures& p) { return p.peer == peer; });
    return found == peers.end() ? nullptr : &*found;
}

bool FigureTable::has_errors() const {
    return std::any_of(peers.begin(), peers.end(),
                       [](const PeerFigures& peer) { return peer.errors() > 0; });
}

}  // namespace fairlead::bench::peers
