/// `fairlead demo`: three origins, the balancer in front of them, steady traffic, and one origin at
/// a time killed and revived, all in one process. Runs on the calling thread with a loop of its
/// own.
#pragma once

#include <cstdio>

#include "proxy/base/clock.h"
#include "proxy/cli/demo_balancer.h"
#include "proxy/cli/demo_outages.h"

namespace fairlead::cli {

struct DemoSettings {
    Duration run_for = kForever;  ///< --for; kForever: until TERM or INT
    double rate = 500;            ///< requests a second
    unsigned connections = 32;
    Duration ready_in = std::chrono::seconds(10);  ///< all backends usable, or the demo gives up
    DemoOutageSettings outages{};
};

/// Returns when the time is over, or after TERM or INT: the first ends the traffic and prints the
/// report, a second one ends at once.
/// @param start_balancer  called once, with the addresses of the origins
/// @return exit code: 0, or 1 when a client saw a failure or the demo could not run
int run_demo(const DemoSettings& settings, const StartDemoBalancer& start_balancer,
             std::FILE* out = stdout, std::FILE* err = stderr);

}  // namespace fairlead::cli
