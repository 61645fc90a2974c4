/// What one `fairlead-bench run` found: all that is printed, written to files and compared. Plain
/// values; made by load_run, read by the writers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/latency_histogram.h"
#include "bench/outcome.h"
#include "proxy/base/clock.h"

namespace fairlead::bench {

/// One line of the timeline: what ended within one interval.
struct TimelineRow {
    double second = 0;  ///< since the measured part began, of the interval's end
    OutcomeCounts outcomes;
    std::uint64_t late = 0;  ///< planned within the interval or before, and not sent at its end
    /// Latencies from the planned start, of the requests that ended in this interval.
    std::vector<LatencyHistogram::Bucket> latencies{};
};

/// CPU of the generator's own threads during the measured part.
struct GeneratorCpu {
    double user_seconds = 0;
    double system_seconds = 0;
    double busy_share = 0;  ///< running or waiting for a CPU, of the busiest thread, 0 to 1
};

/// What a `fairlead-bench origin` behind the target says it executed of this run's requests,
/// warm-up and late ones included, each by its X-Bench-Id.
struct Executions {
    std::uint64_t sent = 0;        ///< requests of which at least a byte was written
    std::uint64_t executed = 0;    ///< executions, repeated ones too
    std::uint64_t duplicated = 0;  ///< ids executed more than once
    std::uint64_t lost = 0;  ///< sent and never executed, whatever the client was told; not those
                             ///< that an interrupt broke off
    std::vector<std::string> duplicated_ids{};  ///< the first of them
};

/// What one handshake has agreed on, in OpenSSL's words.
struct TlsAgreement {
    std::string version;  ///< "TLSv1.3"
    std::string cipher;   ///< "TLS_AES_128_GCM_SHA256"
    bool operator==(const TlsAgreement&) const = default;
};

struct TlsUse {
    std::vector<TlsAgreement> agreed{};  ///< each once; those of the warm-up too
    std::uint64_t whole = 0;             ///< handshakes of the measured part
    std::uint64_t resumed = 0;           ///< those that went on with a session
};

struct RunReport {
    // ---- what was done
    std::string version;       ///< of fairlead-bench
    std::string command_line;  ///< as typed
    std::string started;       ///< RFC 3339, UTC
    std::string host;
    std::string kernel;
    std::string cpu_model;
    unsigned cpus = 0;  ///< this process may use
    std::vector<std::string> targets;
    bool is_closed = false;   ///< closed loop: a request is planned when its connection is free
    bool is_poisson = false;  ///< gaps between planned starts are exponential, else equal
    std::vector<std::string> protocols;  ///< "HTTP/1.1", "HTTP/2", "TCP": each once
    unsigned connections = 0;
    unsigned streams = 1;  ///< requests at a time on a connection of HTTP/2
    unsigned threads = 0;
    Duration warmup{};
    Duration duration{};  ///< of the measured part, as it was: shorter when it was interrupted
    bool is_interrupted = false;

    // ---- what was found, of requests planned in the measured part
    double offered_rate = 0;   ///< requests a second by the schedule; 0 for a closed loop
    double achieved_rate = 0;  ///< requests that ended within the measured part, those that were
                               ///< planned in the warm-up too, a second
    std::uint64_t planned = 0;
    std::uint64_t unsent = 0;  ///< planned, and not sent when the run gave up waiting: timed until
                               ///< then and counted as timeouts
    OutcomeCounts outcomes;
    LatencyHistogram from_planned;  ///< of answered and timed-out requests
    LatencyHistogram from_send;     ///< the same but the unsent, from the actual send
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t connections_opened = 0;
    std::optional<TlsUse> tls;          ///< absent: no target speaks it
    std::uint64_t requests_reused = 0;  ///< requests on a connection that had served one before
    double interval_seconds = 1;        ///< of the timeline: doubles when it grows too long
    std::vector<TimelineRow> timeline;
    GeneratorCpu cpu;
    /// Absent: the schedule was kept. Else why this machine or this program was the limit.
    std::optional<std::string> generator_limited;
    std::optional<Executions> executions;  ///< absent: the target does not say
};

}  // namespace fairlead::bench
