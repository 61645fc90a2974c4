/// The command line of fairlead-bench.
#pragma once

#include <string>
#include <vector>

#include "bench/compare.h"
#include "bench/floor_relay.h"
#include "bench/peers/settings.h"
#include "bench/run_options.h"
#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/base/result.h"

namespace fairlead::bench {

struct OriginOptions {
    std::vector<BindAddress> binds;
    std::vector<std::string> names;  ///< none, one for all, or one for each bind
    Duration close_idle = kForever;
    bool is_echo = false;  ///< no HTTP: every byte is sent back
};

struct CompareOptions {
    std::string a;  ///< files that `run --json` wrote
    std::string b;
    CompareSettings settings;
};

/// What main() is to do.
struct Options {
    enum class Command : std::uint8_t {
        None,  ///< --help and --version print `output` and end
        Origin,
        Run,
        Compare,
        Peers,
        Floor,  ///< hidden: what peers starts beside the balancers
    };
    Command command = Command::None;
    std::string output;
    OriginOptions origin;
    RunTexts run;  ///< not yet judged: read_run_options() looks names up and reads files
    CompareOptions compare;
    peers::PeersSettings peers;
    FloorRelaySettings floor;
};

/// @return an Error with the cure for bad usage (exit code 2)
Result<Options> parse_options(int argc, const char* const* argv);

/// The program's own version, "0.1.0".
std::string_view version();

}  // namespace fairlead::bench
