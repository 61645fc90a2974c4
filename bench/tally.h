/// What a lane counted since somebody took its tally. One thread.
#pragma once

#include <cstdint>

#include "bench/latency_histogram.h"
#include "bench/outcome.h"

namespace fairlead::bench {

struct Tally {
    std::uint64_t planned = 0;  ///< starts by the schedule; in a closed loop those that were made
    std::uint64_t unsent = 0;   ///< given up before they were sent; also among the timeouts
    std::uint64_t slipped = 0;  ///< sent late though a connection was free: the generator's fault
    OutcomeCounts outcomes;     ///< of requests planned in the measured part, wherever they end
    std::uint64_t ended = 0;    ///< within the measured part, wherever they were planned
    LatencyHistogram from_planned;  ///< of answered and timed-out requests
    LatencyHistogram from_send;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t connections_opened = 0;
    std::uint64_t handshakes_whole = 0;  ///< of those with TLS
    std::uint64_t handshakes_resumed = 0;
    std::uint64_t requests_reused = 0;  ///< on a connection that had served one before

    void add(const Tally& other);
};

}  // namespace fairlead::bench
