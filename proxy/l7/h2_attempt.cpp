#include "proxy/l7/h2_attempt.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "proxy/connect/pool_entry.h"
#include "proxy/telemetry/log.h"

namespace fairlead::l7 {

H2Attempt::~H2Attempt() { cancel(); }

void H2Attempt::start(connect::BackendEntry& backend, balancing::Lease lease,
                      const AttemptSettings& settings, Reuse reuse, unsigned worker) {
    begin(backend, std::move(lease), settings, worker);
    held_.clear();
    trailers_.clear();
    has_held_last_ = false;
    if (reuse != Reuse::None) {
        // HTTP/2 says goodbye before it closes, so that no time has to be guessed.
        if (connect::H2Connection* const open = backend.h2->take(reuse == Reuse::VeryFresh)) {
            use(*open);
            return;
        }
    }
    phase_ = Phase::Connecting;
    const Duration timeout = std::min(settings.connect_timeout, settings.try_timeout);
    arm(timeout);
    connect::H2Waiter& waiter = *this;
    backend.h2->wait(waiter, timeout);
}

void H2Attempt::on_h2_ready(connect::H2Connection& connection) {
    connect_took_ = loop_.now() - started_;
    use(connection);
}

void H2Attempt::on_h2_failed(Failure failure) { fail(failure); }

void H2Attempt::use(connect::H2Connection& connection) {
    connection_ = &connection;
    was_reused_ = connection.is_reused();
    phase_ = Phase::Waiting;
    arm(kForever);
    observer_.on_attempt_ready();
}

bool H2Attempt::send(const RequestPart& part) {
    assert(phase_ == Phase::Waiting || phase_ == Phase::Body);
    const bool has_body = !part.payload.empty() || !part.trailers.empty();
    bool is_whole = false;
    if (!part.head.empty()) {
        is_whole = part.is_last && !has_body;
        connect::H2RequestObserver& observer = *this;
        stream_ = connection_->send_request(observer, part.head, is_whole);
        if (stream_ == nullptr) {  // others were faster, or it is leaving
            connection_ = nullptr;
            send_failure_ = Failure::StreamRefused;
            count(send_failure_);
            phase_ = Phase::Done;
            return false;
        }
    }
    has_written_ = true;
    if (stream_ == nullptr) return true;  // it is over, and says so by itself
    if (!is_whole && (has_body || part.is_last)) {
        connection_->send_data(*stream_, part.payload, part.is_last, part.trailers);
    }
    if (part.is_last) is_request_sent_ = true;
    arm_after_send(part.is_last);
    if (phase_ == Phase::Body && !is_paused_) arm(settings_.idle_timeout);  // they talk
    return true;
}

std::size_t H2Attempt::queued_bytes() const {
    return stream_ == nullptr ? 0 : connection_->queued_bytes(*stream_);
}

void H2Attempt::on_h2_drained() {
    if (phase_ == Phase::Waiting) is_request_sent_ ? arm_for_response() : arm(kForever);
    queued_before_ = 0;
    observer_.on_attempt_drained();
}

// ---- the response

void H2Attempt::on_h2_response(const http::H2Head& head) {
    if (phase_ != Phase::Waiting) return;
    http::ParseResult parsed;
    if (head.error.failure == Failure::None) {
        parser_.start(head_, settings_.method, kResponseLimits);
        parsed = parser_.feed(head.text);
    }
    if (parsed.status != http::ParseStatus::Complete) {
        const std::string_view reason =
            head.error.failure == Failure::None ? parsed.error.reason : head.error.reason;
        telemetry::log::debug("backend {}: bad response: {}", backend_->backend.name(), reason);
        fail(Failure::BackendBadResponse);
        return;
    }
    if (head_.status < 200) {
        if (++interim_count_ > kInterimResponsesMax) {
            fail(Failure::BackendBadResponse);
            return;
        }
        observer_.on_interim_response(head_);
        return;
    }
    head_at_ = loop_.now();
    lease_.observe(head_at_ - started_, head_at_);
    using Kind = http::BodyLength::Kind;
    if (head.is_last && head_.body.kind == Kind::UntilClose) head_.body = {Kind::Length, 0};
    decoder_.start(head_.body);
    phase_ = Phase::Body;
    if (head.is_last && !decoder_.is_done()) {  // less than it said
        fail(Failure::BackendBadResponse);
        return;
    }
    if (head.is_last) {
        settle();
    } else {
        arm(settings_.idle_timeout);
    }
    observer_.on_response(head_, {}, head.is_last);
}

void H2Attempt::on_h2_data(std::span<char> payload, bool is_last, std::string_view trailers) {
    if (phase_ != Phase::Body) {  // before any head: RFC 9113 section 8.1
        connection_->consume(stream_, payload.size());
        fail(Failure::BackendBadResponse);
        return;
    }
    if (is_last) trailers_ = trailers;
    if (is_paused_ || !held_.empty()) {
        held_.append(payload.data(), payload.size());
        has_held_last_ = is_last;
        return;
    }
    connection_->consume(stream_, payload.size());
    hear_body(payload, is_last);
}

void H2Attempt::hear_body(std::span<char> payload, bool is_last) {
    const http::BodyPart part = decoder_.decode(payload);
    const bool is_too_much = part.is_refused || part.consumed != payload.size();
    const bool is_too_little = is_last && !decoder_.is_done() && !decoder_.end_of_input();
    if (is_too_much || is_too_little) {
        fail(Failure::BackendBadResponse);
        return;
    }
    if (!is_last) {
        if (!is_paused_) arm(settings_.idle_timeout);
        if (!payload.empty()) {
            observer_.on_response_body(std::string_view(payload.data(), payload.size()), false);
        }
        return;
    }
    settle();
    observer_.on_response_body(std::string_view(payload.data(), payload.size()), true);
}

void H2Attempt::pause_reading() {
    if (is_paused_ || phase_ != Phase::Body) return;
    is_paused_ = true;
    arm(kForever);
}

void H2Attempt::resume_reading() {
    if (!is_paused_) return;
    is_paused_ = false;
    if (phase_ != Phase::Body) return;
    arm(settings_.idle_timeout);
    if (held_.empty() && !has_held_last_) return;
    std::string held;
    held.swap(held_);
    if (stream_ != nullptr) connection_->consume(stream_, held.size());
    hear_body(held, std::exchange(has_held_last_, false));
}

/// The response is whole. What is left of the request is of no use to the backend.
void H2Attempt::settle() {
    phase_ = Phase::Done;
    leave(is_request_sent_ && queued_bytes() == 0);
}

void H2Attempt::leave(bool is_whole) {
    if (stream_ != nullptr) is_whole ? connection_->forget(*stream_) : connection_->reset(*stream_);
    part();
}

/// The connection gets back what is held of its window, which others share.
void H2Attempt::part() {
    if (stream_ != nullptr) connection_->consume(nullptr, held_.size());
    stream_ = nullptr;
    connection_ = nullptr;
}

void H2Attempt::on_h2_closed(Failure failure, bool is_connection_lost) {
    part();
    // The rest is here, and only waits for the client.
    if (phase_ == Phase::Body && has_held_last_) return;
    if (phase_ != Phase::Waiting && phase_ != Phase::Body) return;
    const bool is_stale = is_connection_lost && phase_ == Phase::Waiting && was_reused_ &&
                          interim_count_ == 0 && failure != Failure::BackendTimeout &&
                          failure != Failure::StreamRefused;
    if (failure == Failure::None) failure = Failure::BackendClosed;
    fail(is_stale ? Failure::StaleConnection : failure);
}

// ---- the end

void H2Attempt::on_due() {
    if (phase_ == Phase::Connecting) {
        fail(loop_.now() >= try_until_ ? Failure::BackendTimeout : Failure::ConnectTimeout);
        return;
    }
    if (is_still_waiting()) {
        // All of its requests are as badly off, and none must follow them.
        if (connection_ != nullptr && connection_->is_unheard(settings_.connect_timeout)) {
            connection_->give_up();
        }
    } else if (!is_still_reading()) {
        fail(Failure::BackendTimeout);
    }
}

void H2Attempt::fail(Failure failure) {
    connect::H2Waiter& waiter = *this;
    if (phase_ == Phase::Connecting) backend_->h2->cancel(waiter);
    leave(false);
    count(failure);
    phase_ = Phase::Done;
    observer_.on_attempt_failed(failure);
}

void H2Attempt::cancel() {
    if (phase_ == Phase::Idle) return;
    connect::H2Waiter& waiter = *this;
    if (phase_ == Phase::Connecting) backend_->h2->cancel(waiter);
    leave(false);
    held_ = std::string();
    lease_.release();
    phase_ = Phase::Idle;
}

}  // namespace fairlead::l7
