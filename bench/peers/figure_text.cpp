#include "bench/peers/figure_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/figures.h"
#include "bench/peers/bars.h"
#include "bench/peers/ratio.h"

namespace fairlead::bench::peers {
namespace {

using Cells = std::vector<std::string>;

/// Few rounds have none, and then there is no column for them.
bool has_intervals(const FigureTable& table) {
    return table.compared &&
           std::any_of(table.peers.begin(), table.peers.end(), [&table](const PeerFigures& peer) {
               const auto found = ratio_to(table, peer, *table.compared);
               return found && found->interval;
           });
}

Cells title_cells(const FigureTable& table) {
    Cells cells{""};
    for (const Metric metric : table.metrics) {
        cells.emplace_back(metric_row(metric).title);
        if (table.compared != metric) continue;
        cells.emplace_back("fairlead to it");
        if (has_intervals(table)) cells.emplace_back("95 % interval");
    }
    return cells;
}

void add_ratio(Cells& cells, const FigureTable& table, const PeerFigures& peer, Metric metric) {
    const auto found = ratio_to(table, peer, metric);
    cells.push_back(found ? fmt::format("{:.2f}", found->value) : "");
    if (!has_intervals(table)) return;
    const bool is_known = found && found->interval;
    cells.push_back(
        is_known ? fmt::format("{:.2f} to {:.2f}", found->interval->low, found->interval->high)
                 : "");
}

Cells peer_cells(const FigureTable& table, const PeerFigures& peer) {
    Cells cells{peer.peer};
    for (const Metric metric : table.metrics) {
        const Series* series = peer.find(metric);
        if (series == nullptr) {
            cells.emplace_back("-");
        } else if (metric == Metric::Errors) {
            cells.push_back(figure_text(peer.errors(), 0));
        } else {
            cells.push_back(figure_text(median(series->rounds), metric_row(metric).decimals));
        }
        if (table.compared == metric) add_ratio(cells, table, peer, metric);
    }
    return cells;
}

/// Names to the left, figures to the right.
std::string lines_of(const std::vector<Cells>& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const Cells& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string out;
    for (const Cells& row : rows) {
        std::string line = fmt::format("{:<{}}", row.front(), widths.front());
        for (std::size_t i = 1; i < row.size(); ++i) {
            line += fmt::format("  {:>{}}", row[i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    }
    return out;
}

}  // namespace

std::string figure_text(double value, int decimals) {
    // Less than half of the last digit is 0, not "-0": the difference of two counts may be so
    // little.
    if (std::abs(value) * std::pow(10, decimals) < 0.5) value = 0;
    if (decimals > 0) return fmt::format("{:.{}f}", value, decimals);
    if (value < 0) return "-" + figure_text(-value, 0);
    return human_number(static_cast<std::uint64_t>(std::llround(value)));
}

std::vector<Cells> table_cells(const FigureTable& table) {
    std::vector<Cells> rows{title_cells(table)};
    for (const PeerFigures& peer : table.peers) rows.push_back(peer_cells(table, peer));
    return rows;
}

std::vector<std::string> remarks(const FigureTable& table) {
    std::vector<std::string> lines;
    for (const PeerFigures& peer : table.peers) {
        if (peer.errors() == 0) continue;
        std::string kinds;
        for (std::size_t i = 1; i < kOutcomes; ++i) {  // 0 is Ok
            const std::uint64_t count = peer.outcomes.by_outcome[i];
            if (count == 0) continue;
            kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", human_number(count),
                                 outcome_word(static_cast<Outcome>(i)));
        }
        lines.push_back(fmt::format(
            "FAILED  requests through {}: {}; its figures are no comparison", peer.peer, kinds));
    }
    for (const std::string& note : table.notes) lines.push_back(fmt::format("note    {}", note));
    return lines;
}

std::string table_text(const FigureTable& table) {
    std::string out = table.title + '\n' + lines_of(table_cells(table));
    for (const Verdict& verdict : judge(table)) out += verdict.text() + '\n';
    for (const std::string& line : remarks(table)) out += line + '\n';
    return out;
}

}  // namespace fairlead::bench::peers
