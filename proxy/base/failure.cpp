#include "proxy/base/failure.h"

#include <array>
#include <cassert>

namespace fairlead {
namespace {

// A bad response is not retried: the backend has worked on the request, and the next would do so
// again. `no_descriptors` is ours: another backend needs a descriptor as well.
constexpr std::array<FailureRow, kFailureCount> kFailures{{
    {Failure::None, "none", Side::None, 0, RetryClass::Never, "The exchange ended as it should."},
    {Failure::ClientClosed, "client_closed", Side::Client, 499, RetryClass::Never,
     "The client closed its connection before the response was complete."},
    {Failure::ClientTimeout, "client_timeout", Side::Client, 408, RetryClass::Never,
     "The request did not arrive in time."},
    {Failure::ClientBadRequest, "client_bad_request", Side::Client, 400, RetryClass::Never,
     "The request is not valid HTTP."},
    {Failure::HeaderTooLarge, "header_too_large", Side::Client, 431, RetryClass::Never,
     "The header fields of the request are too large or too many."},
    {Failure::UriTooLong, "uri_too_long", Side::Client, 414, RetryClass::Never,
     "The URL of the request is too long."},
    {Failure::BodyTooLarge, "body_too_large", Side::Client, 413, RetryClass::Never,
     "The body of the request is too large."},
    {Failure::RateLimited, "rate_limited", Side::Client, 429, RetryClass::Never,
     "Too many requests in a short time; try again later."},
    {Failure::Denied, "denied", Side::Client, 403, RetryClass::Never,
     "Requests from this address are not allowed."},
    {Failure::TooManyConnections, "too_many_connections", Side::Client, 429, RetryClass::Never,
     "The client has as many connections as it may have."},
    {Failure::ProxyHeaderBad, "proxy_header_bad", Side::Client, 400, RetryClass::Never,
     "The connection does not begin with a PROXY header that is valid and allowed."},
    {Failure::TlsHelloBad, "tls_hello_bad", Side::Client, 400, RetryClass::Never,
     "The connection does not begin with a TLS ClientHello that can be read."},
    {Failure::TlsClientFailed, "tls_client_failed", Side::Client, 400, RetryClass::Never,
     "The TLS handshake with the client failed."},
    {Failure::Misdirected, "misdirected", Side::Client, 421, RetryClass::Never,
     "The request is for another host than the TLS connection it came on."},
    {Failure::H2Protocol, "h2_protocol", Side::Client, 400, RetryClass::Never,
     "The client broke the rules of HTTP/2."},
    {Failure::H2Resets, "h2_resets", Side::Client, 400, RetryClass::Never,
     "Too many HTTP/2 streams of one connection were reset in a short time."},
    {Failure::H2Continuation, "h2_continuation", Side::Client, 400, RetryClass::Never,
     "An HTTP/2 header block came in too many CONTINUATION frames."},
    {Failure::H2EmptyFrames, "h2_empty_frames", Side::Client, 400, RetryClass::Never,
     "Too many HTTP/2 frames without content."},
    {Failure::H2ControlFrames, "h2_control_frames", Side::Client, 400, RetryClass::Never,
     "Too many HTTP/2 frames that ask for an answer and carry no request."},
    {Failure::H2WindowStall, "h2_window_stall", Side::Client, 408, RetryClass::Never,
     "The client kept its HTTP/2 window shut for too long."},
    {Failure::NoRoute, "no_route", Side::Client, 404, RetryClass::Never,
     "No route takes this request."},
    {Failure::NoBackend, "no_backend", Side::Backend, 503, RetryClass::Never,
     "No backend is available at the moment."},
    {Failure::QueueFull, "queue_full", Side::Ourselves, 503, RetryClass::Never,
     "All backends are busy and too many requests wait already."},
    {Failure::QueueTimeout, "queue_timeout", Side::Ourselves, 503, RetryClass::Never,
     "All backends were busy for too long."},
    {Failure::ConnectRefused, "connect_refused", Side::Backend, 502, RetryClass::Connect,
     "The backend refused the connection."},
    {Failure::ConnectTimeout, "connect_timeout", Side::Backend, 504, RetryClass::Connect,
     "The connection to the backend was not established in time."},
    {Failure::ConnectUnreachable, "connect_unreachable", Side::Backend, 502, RetryClass::Connect,
     "The backend cannot be reached."},
    {Failure::ConnectNoPorts, "connect_no_ports", Side::Ourselves, 503, RetryClass::Connect,
     "The proxy has no local port left for a connection to the backend."},
    {Failure::NoDescriptors, "no_descriptors", Side::Ourselves, 503, RetryClass::Never,
     "The proxy has no file descriptor left for a connection to a backend."},
    {Failure::TlsFailed, "tls_failed", Side::Backend, 502, RetryClass::Connect,
     "The TLS handshake with the backend failed."},
    {Failure::BackendClosed, "backend_closed", Side::Backend, 502, RetryClass::Reset,
     "The backend closed the connection before its response was complete."},
    {Failure::BackendReset, "backend_reset", Side::Backend, 502, RetryClass::Reset,
     "The backend reset the connection before its response was complete."},
    {Failure::BackendTimeout, "backend_timeout", Side::Backend, 504, RetryClass::Timeout,
     "The backend did not respond in time."},
    {Failure::BackendBadResponse, "backend_bad_response", Side::Backend, 502, RetryClass::Never,
     "The response of the backend is not valid HTTP."},
    {Failure::BackendDown, "backend_down", Side::Backend, 502, RetryClass::Reset,
     "The backend went down while it had the request."},
    {Failure::StaleConnection, "stale_connection", Side::Backend, 502, RetryClass::Stale,
     "The backend closed an idle connection just as it was used again."},
    {Failure::StreamRefused, "stream_refused", Side::Backend, 502, RetryClass::Connect,
     "The backend said over HTTP/2 that it had not begun with the request."},
    {Failure::GrpcUnavailable, "grpc_unavailable", Side::Backend, 503, RetryClass::Never,
     "The backend answered with the gRPC status UNAVAILABLE."},
    {Failure::TotalTimeout, "total_timeout", Side::Backend, 504, RetryClass::Never,
     "The request took longer than it may in all."},
    {Failure::Drained, "drained", Side::Ourselves, 503, RetryClass::Never,
     "The proxy is shutting down or reloading and ended this request."},
    {Failure::LoopDetected, "loop_detected", Side::Ourselves, 508, RetryClass::Never,
     "The proxy received its own request: a backend leads back to it."},
    {Failure::Internal, "internal", Side::Ourselves, 500, RetryClass::Never,
     "The proxy made a mistake."},
}};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < kFailures.size(); ++i) {
        if (static_cast<std::size_t>(kFailures[i].failure) != i) return false;
    }
    return true;
}
static_assert(is_in_order(), "a row's place is its enumerator's number");

}  // namespace

std::span<const FailureRow> failures() { return kFailures; }

const FailureRow& row(Failure failure) {
    const auto index = static_cast<std::size_t>(failure);
    assert(index < kFailures.size());
    return kFailures[index];
}

std::optional<Failure> failure_from_word(std::string_view word) {
    for (const FailureRow& candidate : kFailures) {
        if (candidate.word == word) return candidate.failure;
    }
    return std::nullopt;
}

}  // namespace fairlead
