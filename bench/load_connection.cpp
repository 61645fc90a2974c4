#include "bench/load_connection.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "bench/body_pattern.h"
#include "bench/echo_load.h"
#include "bench/http1_load.h"
#include "proxy/net/tls_client.h"
#include "proxy/net/uv_stream.h"

namespace fairlead::bench {

namespace {

/// One write; what the kernel does not take of it is kept, so this bounds a connection's memory.
constexpr std::uint64_t kPieceBytes = kPatternRunBytes;

}  // namespace

std::unique_ptr<LoadConnection> LoadConnection::make(Lane& lane) {
    if (lane.settings().target.protocol == Protocol::Tcp) return std::make_unique<EchoLoad>(lane);
    return std::make_unique<Http1Load>(lane);
}

LoadConnection::LoadConnection(Lane& lane)
    : lane_(lane),
      deadline_(net::Deadline::of<&LoadConnection::on_deadline>(lane.loop().timers(), *this)) {}

void LoadConnection::send(Time planned, Time now) {
    assert(!is_busy());
    planned_ = planned;
    sent_ = now;
    deadline_.set(after(now, lane_.settings().timeout));
    if (stream_ == nullptr) {
        connect();
    } else {
        begin();
    }
}

void LoadConnection::connect() {
    phase_ = Phase::Connecting;
    served_ = 0;
    stream_ = net::connect(lane_.loop(), lane_.settings().target.address, *this);
}

void LoadConnection::on_connected() {
    if (phase_ == Phase::Connecting && lane_.tls() != nullptr) {
        phase_ = Phase::Securing;
        const Target& target = lane_.settings().target;
        stream_ = net::connect_tls(lane_.loop(), lane_.tls(), std::move(stream_),
                                   target.server_name, target.server_name, *this);
        return;
    }
    lane_.count_opened(*stream_);
    begin();
}

void LoadConnection::begin() {
    phase_ = Phase::Sent;
    ++served_;
    begin_request(served_ == lane_.settings().requests_per_connection);
}

void LoadConnection::write(std::string_view head, std::uint64_t body_bytes) {
    body_offset_ = 0;
    body_left_ = body_bytes;
    write_body(head);
}

void LoadConnection::write_body(std::string_view head) {
    while (body_left_ > 0 || !head.empty()) {
        const std::uint64_t bytes = std::min(kPieceBytes, body_left_);
        const std::array<net::Bytes, 2> pieces{
            head, bytes == 0 ? std::string_view() : body_pattern(body_offset_, bytes)};
        if (!stream_->write(std::span(pieces.data(), bytes == 0 ? 1U : 2U))) {
            // Told in a later turn: the caller is in the middle of handing out work. An answer that
            // is there already is not waited for: the connection is known to be gone.
            is_write_broken_ = true;
            deadline_.set(lane_.loop().now());
            return;
        }
        // Not before: what was not even begun is not expected to be executed.
        if (body_offset_ == 0) lane_.count_sent_request(served_ > 1);
        lane_.count_sent_bytes(head.size() + bytes);
        head = {};
        body_offset_ += bytes;
        body_left_ -= bytes;
        if (stream_->queued_bytes() > 0) return;  // on_drained goes on
    }
}

void LoadConnection::on_drained() {
    if (phase_ == Phase::Sent && !is_write_broken_) write_body({});
}

void LoadConnection::on_broken(Failure failure) {
    if (!is_busy()) {
        drop_stream();
        return;
    }
    if (phase_ == Phase::Sent) {
        end(Outcome::Reset);
        return;
    }
    if (phase_ == Phase::Securing) {
        end(Outcome::Tls);
        return;
    }
    end(lane_.no_connection(failure));
}

void LoadConnection::on_deadline() {
    if (!is_busy()) return;
    if (is_write_broken_) {
        end(Outcome::Reset);
    } else {
        end(phase_ == Phase::Connecting ? Outcome::ConnectTimeout
            : phase_ == Phase::Securing ? Outcome::Tls
                                        : Outcome::Timeout);
    }
}

void LoadConnection::give_up(Time now) {
    if (!is_busy()) return;
    drop_stream();
    finish(Outcome::Timeout, now);
}

void LoadConnection::complete(Outcome outcome, bool keep_alive) {
    const bool is_last = served_ == lane_.settings().requests_per_connection;
    // An answer before the request was sent whole leaves no use for the connection.
    if (!keep_alive || is_last || !is_written() || stream_->queued_bytes() > 0) drop_stream();
    finish(outcome, std::chrono::steady_clock::now());
}

void LoadConnection::end(Outcome outcome) {
    drop_stream();
    finish(outcome, std::chrono::steady_clock::now());
}

void LoadConnection::finish(Outcome outcome, Time now) {
    phase_ = Phase::Idle;
    is_write_broken_ = false;
    body_left_ = 0;
    deadline_.clear();
    lane_.on_ended(*this, {outcome, planned_, sent_, now});
}

void LoadConnection::drop_stream() { net::close(lane_.loop(), std::move(stream_)); }

}  // namespace fairlead::bench
