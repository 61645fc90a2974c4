/// Where and when something was measured.
#pragma once

#include <string>

#include "proxy/base/clock.h"

namespace fairlead::bench {

struct Machine {
    std::string time;  ///< RFC 3339, UTC, to the second: "2026-03-01T14:05:09Z"
    std::string host;
    std::string kernel;  ///< "Linux 6.1.0"
    std::string cpu;     ///< the model; "unknown" where the kernel does not tell
    unsigned cpus = 1;   ///< this process may use
};

/// This one, now.
Machine this_machine(WallTime now);

}  // namespace fairlead::bench
