/// Makes load as a schedule says and reports what its clients saw: the engine of `run` and `peers`.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/run_report.h"
#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/base/result.h"

namespace fairlead::bench {

/// One kind of request; which one is sent next is drawn by weight.
struct RequestShape {
    std::string method = "GET";
    std::string path = "/";             ///< origin-form, with query
    std::vector<std::string> fields{};  ///< "Name: value"
    std::uint64_t body_bytes = 0;       ///< generated body; 0 is none
    unsigned weight = 1;                ///< 1 to 1,000,000
};

enum class Protocol : std::uint8_t {
    Http1,
    Http2,  ///< by ALPN with TLS, else by prior knowledge
    Tcp,    ///< body_bytes are sent and as many, the same, are expected back
};

/// "HTTP/1.1", "HTTP/2", "TCP"
std::string protocol_name(Protocol protocol);

/// Where requests go.
struct Target {
    std::string url;  ///< for people
    Protocol protocol = Protocol::Http1;
    SocketAddress address;
    std::string host;         ///< the Host field
    bool is_tls = false;      ///< what is said goes through TLS
    std::string server_name;  ///< asked for in its handshake, when it is a name
    unsigned weight = 1;      ///< its share of the rate and of the connections, 1 to 1,000,000
    std::vector<RequestShape> requests;  ///< not empty
};

struct LoadSettings {
    std::vector<Target> targets;  ///< not empty
    bool is_closed = false;       ///< each connection sends its next request when it has an answer
    bool is_poisson = false;
    double rate = 1000;         ///< requests a second over all threads and targets, open loop
    unsigned connections = 64;  ///< over all threads; at least one for each thread and target
    unsigned streams = 1;       ///< requests at a time on each connection of HTTP/2
    unsigned threads = 1;
    Duration duration = std::chrono::seconds(10);
    Duration warmup = std::chrono::seconds(1);
    Duration timeout = std::chrono::seconds(10);  ///< of a request from its send, and of the wait
                                                  ///< for what is late at the end
    std::uint64_t requests_per_connection = 0;    ///< then a new one; 0: as many as the peer takes
    bool resumes_tls = false;  ///< new connections go on with the session of one before
    bool sends_ids = true;     ///< X-Bench-Id, and a question to /stats
    std::uint64_t seed = 1;    ///< of the draws: gaps and requests
};

/// What is known while it runs, once a second.
struct LoadProgress {
    double second = 0;  ///< since the warm-up began
    bool is_warmup = false;
    double rate = 0;         ///< requests that ended, a second
    std::uint64_t late = 0;  ///< planned and not yet sent
    OutcomeCounts outcomes;  ///< of this second
    Duration p50{};          ///< from the planned start, of this second
    Duration p99{};
    Duration max{};
};

/// Blocks until the run is over. Threads are made with the caller's CPU affinity.
/// @param stop      may be set by a signal handler or another thread: the run ends soon, with what
///                  it has
/// @param on_second  called on the caller's thread; may be empty
/// @return an error when no connection to a target could be made at the start: nothing was measured
Result<RunReport> run_load(const LoadSettings& settings, const std::atomic<bool>& stop,
                           const std::function<void(const LoadProgress&)>& on_second = {});

}  // namespace fairlead::bench
