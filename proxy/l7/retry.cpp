#include "proxy/l7/retry.h"

namespace fairlead::l7 {
namespace {

/// Repeating it changes nothing and costs little: what a failure after sending may repeat.
bool is_safe(http::Method method) {
    return method == http::Method::Get || method == http::Method::Head ||
           method == http::Method::Options;
}

connect::RetryReason reason_of(RetryClass retry) {
    switch (retry) {
        case RetryClass::Stale:
            return connect::RetryReason::Stale;
        case RetryClass::Reset:
            return connect::RetryReason::Reset;
        case RetryClass::Timeout:
            return connect::RetryReason::Timeout;
        case RetryClass::Connect:
        case RetryClass::Never:
            break;
    }
    return connect::RetryReason::Connect;
}

}  // namespace

RetryAnswer decide_retry(const RetryQuestion& question, const conf::Retry& rules) {
    const RetryAnswer no{};
    if (question.has_response_begun || !question.is_request_held) return no;
    const bool has_tries = question.tries_used < rules.attempts;

    if (question.failure == Failure::None) {
        const bool may_repeat = is_safe(question.method) || rules.non_idempotent;
        // Who lists it says that its calls may be repeated: all of gRPC is POST.
        if (has_tries && question.is_grpc_unavailable && rules.on.grpc_unavailable) {
            return {RetryPlace::OtherBackend, connect::RetryReason::Status, true, true};
        }
        if (!has_tries || !may_repeat || !rules.on.covers_status(question.status)) return no;
        // The backend asks to be left alone for a while; that is an answer, not an accident.
        if (question.status == 503 && question.has_retry_after) return no;
        return {RetryPlace::OtherBackend, connect::RetryReason::Status, true, true};
    }

    const RetryClass retry = row(question.failure).retry;
    if (!rules.on.covers(retry)) return no;
    const connect::RetryReason reason = reason_of(retry);
    switch (retry) {
        case RetryClass::Never:
            return no;
        case RetryClass::Connect:
            if (!has_tries) return no;
            return {RetryPlace::OtherBackend, reason, true, false};
        case RetryClass::Stale:
            // The backend is well, only its connection was not: it gets the request again.
            if (!question.nothing_written && !is_idempotent(question.method) &&
                !rules.non_idempotent) {
                return no;
            }
            return {RetryPlace::SameBackend, reason, false, false};
        case RetryClass::Reset:
        case RetryClass::Timeout:
            if (!has_tries) return no;
            if (!question.nothing_written && !is_safe(question.method) && !rules.non_idempotent) {
                return no;
            }
            return {RetryPlace::OtherBackend, reason, true, !question.nothing_written};
    }
    return no;
}

}  // namespace fairlead::l7
