/// The command line of `fairlead-bench peers`, and of the hidden commands it starts.
#pragma once

#include <string>
#include <vector>

#include "bench/peers/settings.h"
#include "proxy/base/result.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace fairlead::bench::peers {

/// As typed, before anything is judged. Empty: not given.
struct PeersTexts {
    std::string scenarios;
    std::string rounds;
    std::string duration;
    std::string fairlead;
    std::string haproxy;
    std::string nginx;
    std::string keep;
    std::string json;
    std::string html;
};

/// Adds the subcommand; its values are in `texts` when the command line has been read.
CLI::App* add_peers_command(CLI::App& app, PeersTexts& texts);

/// @return an Error with the cure for bad usage
Result<PeersSettings> read_peers_settings(const PeersTexts& texts);

}  // namespace fairlead::bench::peers
