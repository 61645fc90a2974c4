/// The named causes of an ending. Log, metric, response and retry decision read this one table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace fairlead {

enum class Failure : std::uint8_t {
    None,
    ClientClosed,
    ClientTimeout,
    ClientBadRequest,
    HeaderTooLarge,
    UriTooLong,
    BodyTooLarge,
    RateLimited,
    Denied,
    TooManyConnections,
    ProxyHeaderBad,
    TlsHelloBad,
    TlsClientFailed,
    Misdirected,
    H2Protocol,
    H2Resets,
    H2Continuation,
    H2EmptyFrames,
    H2ControlFrames,
    H2WindowStall,
    NoRoute,
    NoBackend,
    QueueFull,
    QueueTimeout,
    ConnectRefused,
    ConnectTimeout,
    ConnectUnreachable,
    ConnectNoPorts,
    NoDescriptors,
    TlsFailed,
    BackendClosed,
    BackendReset,
    BackendTimeout,
    BackendBadResponse,
    BackendDown,
    StaleConnection,
    StreamRefused,
    GrpcUnavailable,
    TotalTimeout,
    Drained,
    LoopDetected,
    Internal,
};
inline constexpr std::size_t kFailureCount = static_cast<std::size_t>(Failure::Internal) + 1;

/// Who caused it.
enum class Side : std::uint8_t { None, Client, Backend, Ourselves };

/// Which word of a pool's `retry.on` covers a failure. `Never` is not retried, whatever is set.
enum class RetryClass : std::uint8_t { Never, Connect, Stale, Reset, Timeout };

struct FailureRow {
    Failure failure;
    std::string_view word;  ///< in log, metric and X-Fairlead-Failure
    Side side;
    int status;  ///< of our own response; 499 is only logged, 0 is no response
    RetryClass retry;
    std::string_view meaning;  ///< one sentence, as the default body of the response
};

/// Every failure in the order of the enumeration.
std::span<const FailureRow> failures();
const FailureRow& row(Failure failure);
inline std::string_view word(Failure failure) { return row(failure).word; }
std::optional<Failure> failure_from_word(std::string_view word);

}  // namespace fairlead
