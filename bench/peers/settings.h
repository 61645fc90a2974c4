/// What `fairlead-bench peers` is asked to do.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proxy/base/clock.h"

namespace fairlead::bench::peers {

struct PeersSettings {
    std::vector<std::string> scenarios;  ///< names, in the order of their rows; not empty
    unsigned rounds = 5;
    Duration duration = std::chrono::seconds(2);  ///< of each round and peer
    std::map<std::string, std::string> programs;  ///< by peer; absent: looked for
    std::string keep;                             ///< folder; empty: a new temporary one
    std::string json;                             ///< file; empty: none
    std::string html;                             ///< file; empty: none
};

/// "5 rounds of 2s"
std::string rounds_text(const PeersSettings& settings);

}  // namespace fairlead::bench::peers
