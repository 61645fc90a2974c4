// Deadlines, clients that leave, and the end of an exchange: released, counted, logged.
#include <algorithm>
#include <cassert>

#include "proxy/l7/exchange.h"

namespace fairlead::l7 {
namespace {

/// A client that has sent its FIN may only have closed its sending half (printf | nc): an answer
/// that is nearly there still reaches it; one that takes longer is not waited for.
constexpr Duration kEndedClientGrace = std::chrono::seconds{1};
constexpr Duration kPaceLook = std::chrono::seconds{1};

}  // namespace

void Exchange::arm() {
    const Time when = std::min({total_until_, queue_until_, resume_at_, grace_until_});
    if (when != Time::max()) deadline_.set(when);
}

void Exchange::on_deadline() {
    if (client_ == nullptr || phase_ == Phase::Ended || phase_ == Phase::Tunnel) return;
    const Time now = context_.loop.now();
    if (now >= grace_until_ && !is_response_begun()) {
        client_left(Failure::ClientClosed);
    } else if (now >= total_until_) {
        if (is_waiting()) pool_->pool.remove(*this);
        fail(Failure::TotalTimeout);
    } else if (now >= queue_until_ && phase_ == Phase::Queued) {
        pool_->pool.remove(*this);
        queue_took_ += now - queued_at_;
        pool_->series.queue_seconds->observe(context_.worker, now - queued_at_);
        fail(Failure::QueueTimeout);
    } else if (now >= resume_at_ && phase_ == Phase::BackingOff) {
        resume();
    } else {
        // A time that has passed without meaning anything any more would fire for ever.
        if (is_response_begun()) grace_until_ = queue_until_ = Time::max();
        arm();
    }
}

void Exchange::watch_pace() {
    const Time now = context_.loop.now();
    if (client_->queued_bytes() > 0 && !is_pacing_write_) {
        is_pacing_write_ = true;
        write_pace_.start(now, bytes_out_ - client_->unacknowledged_bytes());
    }
    pace_deadline_.set(now + kPaceLook);
}

void Exchange::on_pace() {
    if (client_ == nullptr || phase_ == Phase::Ended || phase_ == Phase::Tunnel) return;
    const Time now = context_.loop.now();
    const conf::ListenerTimeouts& timeouts = listener_->config.timeouts;
    bool is_needed = false;
    // A rest that is thrown away need not come at all; one that talks with its answer (gRPC) may
    // take its time, and is bounded with that.
    if (phase_ != Phase::Head && !is_discarding_ && !is_duplex_ && wants_input()) {
        is_needed = true;
        if (is_input_paused_) {
            body_pace_.excuse(now, body_.received_bytes());
        } else if (body_pace_.check(now, body_.received_bytes(), timeouts.body_idle,
                                    timeouts.min_rate) != Pace::Verdict::Fine) {
            client_left(Failure::ClientTimeout);
            return;
        }
    }
    if (client_->queued_bytes() > 0 && !is_pacing_write_) {
        watch_pace();
    } else if (client_->queued_bytes() > 0) {
        is_needed = true;
        const std::uint64_t taken = bytes_out_ - client_->unacknowledged_bytes();
        if (write_pace_.check(now, taken, timeouts.write_idle, timeouts.min_rate) !=
            Pace::Verdict::Fine) {
            client_left(client_->stall());
            return;
        }
    } else {
        is_pacing_write_ = false;
    }
    if (is_needed) pace_deadline_.set(now + kPaceLook);
}

void Exchange::on_header_timeout() {
    keep_alive_ = false;
    if (!parser_.has_begun()) {  // an empty line is no request
        end(ClientSide::Ending::Close);
        return;
    }
    reply(row(Failure::ClientTimeout).status, Failure::ClientTimeout,
          "the request head did not arrive in time");
}

void Exchange::on_client_end() {
    switch (phase_) {
        case Phase::Head:
            client_left(Failure::ClientClosed);
            return;
        case Phase::Queued:
        case Phase::BackingOff:
            client_left(Failure::ClientClosed);
            return;
        case Phase::Body:
        case Phase::Trying:
            if (!body_.is_complete()) {
                client_left(Failure::ClientClosed);
                return;
            }
            keep_alive_ = false;
            grace_until_ = context_.loop.now() + kEndedClientGrace;
            arm();
            return;
        case Phase::Responding:
        case Phase::Draining:
            keep_alive_ = false;  // it still reads; a reset will tell when it does not
            return;
        case Phase::Tunnel:
        case Phase::Ended:
            return;
    }
}

void Exchange::on_client_gone(Failure failure) { client_left(failure); }

void Exchange::abort() {
    keep_alive_ = false;
    switch (phase_) {
        case Phase::Tunnel:
            on_relay_ended(Failure::Drained);
            return;
        case Phase::Head:
            end(ClientSide::Ending::Reset);
            return;
        case Phase::Ended:
            return;
        default:
            if (is_waiting()) pool_->pool.remove(*this);
            fail(Failure::Drained);
            return;
    }
}

void Exchange::client_left(Failure failure) {
    if (phase_ == Phase::Ended) return;
    if (is_waiting()) pool_->pool.remove(*this);
    if (failure == Failure::ClientClosed && phase_ == Phase::Trying &&
        attempt_->is_request_sent()) {
        accuse(balancing::Fault::Left);
    }
    note_running_attempt(failure);
    if (failure == Failure::ClientTimeout && !is_response_begun()) {
        keep_alive_ = false;
        reply(row(failure).status, failure, row(failure).meaning);
        return;
    }
    failure_ = failure;
    if (status_ == 0) status_ = row(failure).status;
    end(ClientSide::Ending::Reset);
}

void Exchange::end(ClientSide::Ending ending) {
    assert(phase_ != Phase::Ended);
    if (is_waiting()) pool_->pool.remove(*this);
    attempt_->cancel();
    speak_verdict();
    // A connection on which nothing was asked is no exchange.
    if (phase_ != Phase::Head || status_ != 0) {
        write_log();
        count();
    }
    phase_ = Phase::Ended;
    --context_.exchanges_running;
    client_->on_exchange_ended(ending);
}

void Exchange::count() {
    const unsigned worker = context_.worker;
    listener_->series.bytes_in->add(worker, bytes_in_);
    listener_->series.bytes_out->add(worker, bytes_out_);
    const connect::ClassCounters& requests =
        route_ != nullptr ? route_->series.requests : listener_->series.requests_without_route;
    const std::size_t status_class = static_cast<std::size_t>(status_ / 100);
    if (status_class >= 1 && status_class <= 5) {
        requests[status_class]->add(worker);
    }
    if (failure_ != Failure::None) {
        const connect::FailureCounters& failures =
            pool_ != nullptr ? route_->series.failures : listener_->series.failures_without_pool;
        failures[static_cast<std::size_t>(failure_)]->add(worker);
    }
    if (pool_ != nullptr && status_ != 101) {  // how long a tunnel lives says nothing of requests
        pool_->series.request_seconds->observe(worker, context_.loop.now() - started_);
    }
}

void Exchange::write_log() {
    if (!context_.access_log->enabled()) return;
    std::array<telemetry::AttemptEntry, kAttemptsMax> attempts;
    for (std::size_t index = 0; index < attempt_count_; ++index) {
        const AttemptRecord& record = attempts_[index];
        attempts[index] = {record.backend->name(), record.reason, record.took};
    }
    char client_text[46];
    telemetry::AccessEntry entry;
    entry.time = started_wall_;
    entry.id = request_id_;
    entry.listener = listener_->config.name;
    entry.client = std::string_view(client_text, client_ip_.write(client_text));
    if (client_ip_ == IpAddress{}) entry.client = "unix:";
    const SocketAddress address = client_->peer();
    const std::string peer = address.port != 0 ? address.text() : "unix:@";
    entry.peer = peer;
    // Of a head that was refused, as much as was understood.
    entry.method = head_.method_name();
    entry.path = head_.text(head_.target);
    entry.host = host_;
    if (const http::Field* host = head_.find(http::FieldId::Host);
        host != nullptr && host_.empty()) {
        entry.host = head_.value(*host);
    }
    if (const http::Field* agent = head_.find(http::FieldId::UserAgent)) {
        entry.user_agent = head_.value(*agent);
    }
    entry.proto = client_->protocol() == ClientSide::Protocol::Http2 ? "HTTP/2.0"
                  : head_.minor == 0                                 ? "HTTP/1.0"
                                                                     : "HTTP/1.1";
    entry.tls = tls_version_;
    entry.status = status_;
    entry.failure = failure_;
    if (route_ != nullptr) entry.route = route_->name;
    if (pool_ != nullptr) entry.pool = pool_->config.name;
    if (answered_by_ != nullptr) entry.backend = answered_by_->name();
    entry.attempts = std::span(attempts.data(), attempt_count_);
    entry.bytes_in = bytes_in_;
    entry.bytes_out = bytes_out_;
    entry.total = context_.loop.now() - started_;
    if (has_queued_) entry.queue = queue_took_;
    if (has_connected_) entry.connect = connect_took_;
    if (answered_by_ != nullptr) entry.first_byte = first_byte_took_;
    context_.access_log->write(entry);
}

}  // namespace fairlead::l7
