/// The hidden command `fairlead-bench floor-relay`: the floor, as a process of its own so that its
/// CPU can be told apart.
#pragma once

#include <string>
#include <vector>

#include "bench/floor_relay.h"
#include "proxy/base/result.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace fairlead::bench::peers {

struct FloorTexts {
    std::string bind;
    std::vector<std::string> backends;
};

/// Adds the command; it is not in --help. Its values are in `texts` when the command line was read.
CLI::App* add_floor_command(CLI::App& app, FloorTexts& texts);

Result<FloorRelaySettings> read_floor_settings(const FloorTexts& texts);

/// Relays until TERM or INT.
/// @return the exit code: 0; 2 when the address cannot be listened on
int run_floor(FloorRelaySettings settings);

}  // namespace fairlead::bench::peers
