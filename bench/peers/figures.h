/// What was measured, as numbers: one table of them for each thing that was looked at. Plain
/// values; made by the scenarios, read by table, judgement, JSON and page.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/outcome.h"

namespace fairlead::bench::peers {

enum class Metric : std::uint8_t {
    Cpu,
    UserCpu,
    SystemCpu,
    Rate,
    Errors,
    P50,
    P99,
    P999,
    ClientBytes,
    Instructions,
    Allocations,
    SystemCalls,
};

struct MetricRow {
    Metric metric;
    std::string_view word;   ///< in JSON, with its unit
    std::string_view title;  ///< above its column
    std::string_view noun;   ///< in a sentence, as "CPU per request"
    int decimals = 0;
};
const MetricRow& metric_row(Metric metric);

/// A value of each round that was finished, in the order of the rounds.
struct Series {
    Metric metric;
    std::vector<double> rounds{};
};

struct PeerFigures {
    std::string peer;
    std::vector<Series> series{};
    OutcomeCounts outcomes{};  ///< of all its requests

    /// Nothing when it was not measured.
    const Series* find(Metric metric) const;
    void add(Metric metric, double value);
    double errors() const;  ///< over all rounds
};

/// Columns are the metrics, rows the peers, fairlead first.
struct FigureTable {
    std::string scenario;  ///< whose bars it is held to
    std::string title;
    std::vector<Metric> metrics;
    /// Of which the ratio of fairlead to each peer is told; absent: none.
    std::optional<Metric> compared{};
    std::vector<PeerFigures> peers{};
    std::vector<std::string> notes{};  ///< what was left out and why, with the cure

    PeerFigures& of(std::string_view peer);  ///< added when it is new
    const PeerFigures* find(std::string_view peer) const;
    bool has_errors() const;  ///< of any peer
};

}  // namespace fairlead::bench::peers
