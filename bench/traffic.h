/// A small HTTP/1.1 client load: N kept-alive connections that send GET requests at a steady rate
/// or as fast as they are answered, and count what a client sees. Lives on, and is touched by, its
/// loop's thread. Not a measuring instrument: latencies count from the actual send.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench/latency_histogram.h"
#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::bench {

class TrafficConnection;

struct TrafficSettings {
    SocketAddress address;
    std::string host = "localhost";  ///< the Host field
    std::string target = "/";        ///< origin-form
    unsigned connections = 16;
    double rate = 0;  ///< requests a second over all connections; 0: closed loop
    Duration timeout = std::chrono::seconds(5);  ///< of one request, connecting included
};

/// How one request ended, as its client saw it.
enum class TrafficResult : std::uint8_t {
    Answered,     ///< 2xx and a whole body
    BadStatus,    ///< any other final status
    Refused,      ///< no connection
    Closed,       ///< reset or closed before the end of the response
    BadResponse,  ///< not HTTP
    Timeout,
};

struct TrafficCounts {
    std::uint64_t sent = 0;  ///< all that were begun; those under way have no result yet
    std::uint64_t answered = 0;
    std::uint64_t bad_status = 0;
    std::uint64_t refused = 0;
    std::uint64_t closed = 0;
    std::uint64_t bad_response = 0;
    std::uint64_t timeout = 0;
    std::uint64_t skipped = 0;  ///< due by the rate while every connection was busy, never sent
    LatencyHistogram latency;   ///< of the answered ones

    std::uint64_t failures() const {
        return bad_status + refused + closed + bad_response + timeout;
    }
    std::uint64_t finished() const { return answered + failures(); }
};

class Traffic {
  public:
    /// Starts at once.
    Traffic(net::Loop& loop, TrafficSettings settings);
    ~Traffic();  ///< closes everything; requests under way get no result
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;

    /// No further requests; those under way end as they will.
    void stop();
    bool is_idle() const { return busy_ == 0; }
    const TrafficCounts& counts() const { return counts_; }
    const TrafficSettings& settings() const { return settings_; }

    // ---- for its connections
    /// The one request that all send.
    const std::string& request() const { return request_; }
    /// A connection's request has ended; it is free for the next one.
    void on_result(TrafficConnection& connection, TrafficResult result, Duration latency);

  private:
    void send_next(TrafficConnection& connection);
    void on_tick();

    net::Loop& loop_;
    TrafficSettings settings_;
    std::string request_;
    TrafficCounts counts_;
    std::vector<std::unique_ptr<TrafficConnection>> connections_;
    std::deque<TrafficConnection*>
        free_;  ///< the one idle for longest is used next, so all are used
    net::Deadline tick_;
    Time last_tick_{};
    double owed_ = 0;  ///< requests due by the rate and not yet sent
    std::size_t busy_ = 0;
    bool is_stopped_ = false;
};

}  // namespace fairlead::bench
