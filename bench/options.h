/// The command line of fairlead-bench.
#pragma once

#include <string>
#include <vector>

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

/// What main() is to do.
struct Options {
    bool is_finished = false;  ///< --help and --version print and end
    std::string output;        ///< what they print
    OriginOptions origin;      ///< of `fairlead-bench origin`
};

/// @return an Error with the cure for bad usage (exit code 2)
Result<Options> parse_options(int argc, const char* const* argv);

}  // namespace fairlead::bench
