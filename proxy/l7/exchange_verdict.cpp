// What an exchange tells of the backends it met: at most one fault, and none when it is its own.
#include "proxy/l7/exchange.h"

namespace fairlead::l7 {
namespace {

using balancing::Fault;

/// Nothing for what is our own fault, the client's, or nobody's (a connection that went stale).
std::optional<Fault> fault_of(Failure failure) {
    switch (failure) {
        case Failure::ConnectRefused:
        case Failure::ConnectTimeout:
        case Failure::ConnectUnreachable:
        case Failure::TlsFailed:
            return Fault::Connect;
        case Failure::BackendTimeout:
            return Fault::Silent;
        case Failure::BackendClosed:
        case Failure::BackendReset:
        case Failure::BackendBadResponse:
            return Fault::Broken;
        default:
            return std::nullopt;
    }
}

}  // namespace

void Exchange::accuse_for(Failure failure) {
    if (const std::optional<Fault> fault = fault_of(failure)) accuse(*fault);
}

/// The attempt's backend has failed.
void Exchange::accuse(Fault fault) {
    balancing::Backend& backend = attempt_->backend().backend;
    // Nothing of the request was sent: it cannot be the request's fault.
    if (fault == Fault::Connect) {
        backend.note_fault(fault, context_.loop.now());
    } else if (suspect_ == nullptr) {
        suspect_ = &backend;
        suspected_of_ = fault;
    } else if (suspect_ != &backend && suspected_of_ == fault) {
        is_poison_ = true;
    }
}

void Exchange::speak_verdict() {
    if (suspect_ != nullptr && !is_poison_) {
        suspect_->note_fault(suspected_of_, context_.loop.now());
    }
    suspect_ = nullptr;
    is_poison_ = false;
}

}  // namespace fairlead::l7
