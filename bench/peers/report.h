/// A comparison in a file: `--json` with every round's figures, `--html` with plots.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "bench/machine.h"
#include "bench/peers/figures.h"
#include "bench/peers/peer.h"
#include "bench/peers/settings.h"

namespace fairlead::bench::peers {

/// All there is to tell of one run.
struct Report {
    std::string version;  ///< of fairlead-bench
    Machine machine;
    std::string pinning;
    const PeersSettings& settings;
    bool is_interrupted = false;
    std::string failure;  ///< what ended it before its time; empty: nothing did
    const std::vector<Peer>& peers;
    const std::deque<FigureTable>& tables;
};

/// Schema "fairlead-bench/peers/1": docs/bench_peers.md tells every member.
std::string report_json(const Report& report);

/// One page that stands alone: for each table its figures, verdicts and plots.
std::string report_html(const Report& report);

}  // namespace fairlead::bench::peers
