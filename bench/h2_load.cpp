#include "bench/h2_load.h"

#include <algorithm>
#include <utility>

#include "bench/h2_load_slot.h"
#include "proxy/net/tls_client.h"
#include "proxy/net/uv_stream.h"

namespace fairlead::bench {

namespace {

/// So much is framed before it is written; not while more than the second waits for the socket.
constexpr std::size_t kGatheredMax = 64 * 1024;
constexpr std::size_t kQueuedMax = 256 * 1024;

http::H2Settings settings_of(const Target& target) {
    http::H2Settings settings;
    settings.limits = http::HeadLimits{};
    settings.scheme = target.is_tls ? "https" : "http";
    // Its resets are answers to our requests, and each of them is counted.
    settings.resets = {UINT32_MAX, std::chrono::seconds{1}};
    return settings;
}

H2LoadSlot& slot_of(void* user) { return *static_cast<H2LoadSlot*>(user); }

}  // namespace

H2Load::H2Load(Lane& lane)
    : lane_(lane), turn_end_(net::TurnEnd::of<&H2Load::on_turn_end>(lane.loop(), *this)) {}

H2Load::~H2Load() { close(); }

// ---- its slots

void H2Load::wait(H2LoadSlot& slot) {
    waiting_.push_back(&slot);
    turn_end_.ask();
}

Outcome H2Load::leave(H2LoadSlot& slot) {
    std::erase(waiting_, &slot);
    const Phase phase = phase_;
    if (waiting_.empty() && phase != Phase::Open) close();  // nobody waits for it
    if (phase == Phase::Securing) return Outcome::Tls;
    return phase == Phase::Open ? Outcome::Timeout : Outcome::ConnectTimeout;
}

void H2Load::drop(http::H2Stream& stream, bool is_whole) {
    session_->forget(stream);
    if (!is_whole || session_->queued_bytes(stream) > 0) {
        session_->reset(stream, http::H2Error::Cancel);
    }
    turn_end_.ask();
}

void H2Load::send_data(http::H2Stream& stream, std::string_view payload, bool is_last) {
    session_->send_data(stream, payload, is_last, {}, nullptr, 0);
    turn_end_.ask();
}

void H2Load::consume(http::H2Stream& stream, std::size_t bytes) {
    session_->consume(&stream, bytes);
}

// ---- connecting

void H2Load::connect() {
    phase_ = Phase::Connecting;
    stream_ = net::connect(lane_.loop(), lane_.settings().target.address, *this);
}

void H2Load::on_connected() {
    if (phase_ == Phase::Connecting && lane_.tls() != nullptr) {
        phase_ = Phase::Securing;
        const Target& target = lane_.settings().target;
        stream_ = net::connect_tls(lane_.loop(), lane_.tls(), std::move(stream_),
                                   target.server_name, target.server_name, *this);
        return;
    }
    if (phase_ == Phase::Securing && stream_->tls()->protocol() != "h2") {
        close();
        end_waiting(Outcome::Tls);
        return;
    }
    open();
}

void H2Load::open() {
    lane_.count_opened(*stream_);
    phase_ = Phase::Open;
    begun_ = 0;
    counted_ = 0;
    is_leaving_ = false;
    lost_ = Outcome::Ok;
    http::H2SessionObserver& observer = *this;
    session_ = std::make_unique<http::H2Session>(http::H2Session::Role::Client,
                                                 settings_of(lane_.settings().target), observer);
    turn_end_.ask();
}

void H2Load::on_broken(Failure failure) {
    if (phase_ == Phase::Open) {
        lose(Outcome::Reset);
        return;
    }
    const Outcome outcome = phase_ == Phase::Securing ? Outcome::Tls : lane_.no_connection(failure);
    close();
    end_waiting(outcome);
}

// ---- in

void H2Load::on_bytes(std::span<char> bytes) {
    lane_.count_received_bytes(bytes.size());
    session_->feed(bytes, lane_.loop().now());
    turn_end_.ask();
}

void H2Load::on_end() {
    if (phase_ == Phase::Open) {
        lose(Outcome::ClosedMidBody);
        return;
    }
    const Outcome outcome = phase_ == Phase::Securing ? Outcome::Tls : Outcome::ConnectRefused;
    close();
    end_waiting(outcome);
}

void H2Load::on_h2_response(void* user, const http::H2Head& head) {
    slot_of(user).on_response(head);
}

void H2Load::on_h2_data(void* user, std::span<char> payload, bool is_last, std::string_view) {
    slot_of(user).on_data(payload, is_last);
}

void H2Load::on_h2_drained(void* user) { slot_of(user).on_drained(); }

void H2Load::on_h2_closed(void* user, const http::H2StreamEnd& end) {
    Outcome outcome = lost_;
    if (outcome == Outcome::Ok) {
        // What a GOAWAY leaves out is as a connection that was closed; a stream's own end is a
        // reset of it. What we end ourselves is no good.
        const bool is_left_out = end.is_unprocessed && is_leaving_;
        outcome = is_left_out      ? Outcome::ClosedMidBody
                  : end.is_by_peer ? Outcome::Reset
                                   : Outcome::BadFraming;
    }
    slot_of(user).end(outcome);
}

// ---- out

bool H2Load::has_room() const {
    const std::uint64_t most = lane_.settings().requests_per_connection;
    return !is_leaving_ && (most == 0 || begun_ < most) && session_->streams_left() > 0;
}

void H2Load::begin_waiting() {
    while (!waiting_.empty() && has_room()) {
        if (!waiting_.front()->begin(*session_)) {
            is_leaving_ = true;  // its numbers of streams are used up
            return;
        }
        waiting_.pop_front();
        ++begun_;
    }
}

/// @return false when the connection is broken
bool H2Load::write_all() {
    while (stream_->queued_bytes() < kQueuedMax) {
        out_.clear();
        session_->collect(out_, kGatheredMax);
        session_->tell_drained();
        if (out_.empty()) return true;
        if (!stream_->write(out_)) return false;
        lane_.count_sent_bytes(out_.size());
        // Not before: what was not even begun is not expected to be executed.
        for (; counted_ < begun_; ++counted_) lane_.count_sent_request(counted_ > 0);
    }
    return true;
}

void H2Load::on_turn_end() {
    if (phase_ == Phase::Closed && !waiting_.empty()) connect();
    if (phase_ != Phase::Open) return;
    begin_waiting();
    if (!write_all()) {
        lose(Outcome::Reset);
        return;
    }
    if (session_->failure() != Failure::None) {
        lose(Outcome::BadFraming);
        return;
    }
    const std::uint64_t most = lane_.settings().requests_per_connection;
    const bool is_used_up = most != 0 && begun_ == most;
    const bool is_done = session_->streams() == 0 && stream_->queued_bytes() == 0;
    if (session_->is_over() || (is_done && (is_leaving_ || is_used_up))) {
        lose(Outcome::ClosedMidBody);
    }
}

// ---- the end

/// Ends the connection, and what is on it in that way; what waits gets another one.
void H2Load::lose(Outcome outcome) {
    lost_ = outcome;
    session_->close_all({http::H2Error::InternalError, true, false});
    close();
    if (!waiting_.empty()) turn_end_.ask();
}

void H2Load::end_waiting(Outcome outcome) {
    // Those that come back meanwhile wait for the next connection.
    for (H2LoadSlot* const slot : std::exchange(waiting_, {})) slot->end(outcome);
}

void H2Load::close() {
    phase_ = Phase::Closed;
    session_.reset();
    net::close(lane_.loop(), std::move(stream_));
}

}  // namespace fairlead::bench
