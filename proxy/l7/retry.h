/// Whether a request may be tried again, and where (docs/decisions/0003-retry-rules.md). Pure.
#pragma once

#include "conf/model.h"
#include "proxy/base/failure.h"
#include "proxy/connect/series.h"
#include "proxy/http/message.h"

namespace fairlead::l7 {

/// What is known when an attempt has come to nothing.
struct RetryQuestion {
    Failure failure =
        Failure::None;  ///< of the attempt; None: the backend's own answer is asked about
    int status = 0;     ///< that answer's status
    bool has_retry_after = false;      ///< it says when to come back
    bool is_grpc_unavailable = false;  ///< it is gRPC's UNAVAILABLE, with nothing in it
    http::Method method = http::Method::Get;
    bool is_request_held = true;      ///< the request can be sent again from its first byte
    bool has_response_begun = false;  ///< a byte of a response has gone to the client
    bool nothing_written = false;     ///< no byte of the request has reached the backend
    unsigned tries_used = 0;          ///< extra tries so far
};

enum class RetryPlace : std::uint8_t { Nowhere, SameBackend, OtherBackend };

struct RetryAnswer {
    RetryPlace place = RetryPlace::Nowhere;
    connect::RetryReason reason = connect::RetryReason::Connect;
    bool counts_as_try = true;  ///< a stale connection does not
    bool needs_budget = false;  ///< the request reached a backend
};

RetryAnswer decide_retry(const RetryQuestion& question, const conf::Retry& rules);

}  // namespace fairlead::l7
