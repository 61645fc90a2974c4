/// What the demo says at its end, and whether that is a success.
#pragma once

#include <cstdint>
#include <string>

#include "bench/tally.h"
#include "proxy/base/clock.h"
#include "proxy/cli/demo_recovery.h"

namespace fairlead::cli {

struct DemoReport {
    Duration took{};
    const bench::Tally& traffic;
    std::uint64_t retries = 0;
    const DemoRecovery& recovery;

    /// Several lines: requests, client-visible failures, retries, time to detect, time to return.
    std::string text() const;
    /// 0; 1 when a client saw a failure, or when nothing was answered at all.
    int exit_code() const;
};

}  // namespace fairlead::cli
