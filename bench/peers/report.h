/// A comparison in a file: `--json` with every round's figures, `--html` with plots.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "bench/machine.h"
#include "bench/peers/figures.h"
#include "bench/peers/peer.h"

namespace fairlead::bench::peers {

/// All there is to tell of one run.
struct Report {
    std::string version;  ///< of fairlead-bench
    Machine machine;
    std::string pinning;
    std::string rounds;  ///< "5 rounds of 2s"
    bool is_interrupted = false;
    const std::vector<Peer>& peers;
    const std::deque<FigureTable>& tables;
};

/// Schema "fairlead-bench/peers/1".
std::string report_json(const Report& report);

/// One page that stands alone: for each table its figures, verdicts and plots.
std::string report_html(const Report& report);

}  // namespace fairlead::bench::peers
