/// The metric series of one listener, route, pool or backend: made on main before a worker sees
/// them, then counted by every worker under its own index. Of layer 4 and layer 7 alike.
#pragma once

#include <array>

#include "proxy/base/failure.h"
#include "proxy/net/tls.h"
#include "proxy/telemetry/registry.h"

namespace fairlead::connect {

/// By first digit of the status, 1xx to 5xx at 1 to 5; index 0 is not used.
using ClassCounters = std::array<telemetry::Counter*, 6>;
/// By failure; null where a failure cannot be that of this thing (Failure::None everywhere).
using FailureCounters = std::array<telemetry::Counter*, kFailureCount>;

struct ListenerSeries {
    telemetry::Gauge* connections;
    telemetry::Counter* connections_total;
    telemetry::Counter* bytes_in;
    telemetry::Counter* bytes_out;
    ClassCounters requests_without_route;  ///< refused before a route was found
    FailureCounters failures_without_pool;
    std::array<telemetry::Counter*, 4> tls_handshakes;

    /// Those that ended well, of this kind.
    telemetry::Counter* handshakes(net::TlsVersion version, bool is_resumed) const {
        return tls_handshakes[static_cast<std::size_t>(version) * 2 + (is_resumed ? 1 : 0)];
    }
};

struct RouteSeries {
    ClassCounters requests;
    FailureCounters failures;
};

/// Reasons under which a retry is counted.
enum class RetryReason : std::uint8_t { Connect, Stale, Reset, Timeout, Status };
inline constexpr std::size_t kRetryReasonCount = 5;

struct PoolSeries {
    telemetry::Histogram* request_seconds;
    std::array<telemetry::Counter*, kRetryReasonCount> retries;
    telemetry::Counter* retry_budget_exhausted;
    telemetry::Histogram* queue_seconds;
};

struct BackendSeries {
    telemetry::Histogram* seconds;
    ClassCounters requests;
    FailureCounters failures;
    telemetry::Gauge* connections_active;
    telemetry::Counter* connects_ok;
    telemetry::Counter* connects_failed;
};

}  // namespace fairlead::connect
