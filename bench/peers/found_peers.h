/// Which of the peers are on this machine, and of what version.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/peer.h"
#include "bench/peers/settings.h"
#include "proxy/base/result.h"

namespace fairlead::bench::peers {

struct FoundPeers {
    std::vector<Peer> peers;           ///< in the order of the rows, fairlead among them
    std::vector<std::string> missing;  ///< a note for each other one, with the cure
};

/// @param bench  this program
/// @param path   as $PATH
/// @return an Error when there is no fairlead, or a program that was named cannot be run
Result<FoundPeers> find_peers(const PeersSettings& settings, const std::filesystem::path& bench,
                              std::string_view path);

}  // namespace fairlead::bench::peers
