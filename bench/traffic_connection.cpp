#include "bench/traffic_connection.h"

#include <cassert>

#include "proxy/net/uv_stream.h"

namespace fairlead::bench {

TrafficConnection::TrafficConnection(net::Loop& loop, Traffic& traffic)
    : loop_(loop),
      traffic_(traffic),
      deadline_(net::Deadline::of<&TrafficConnection::on_deadline>(loop.timers(), *this)) {}

void TrafficConnection::send() {
    assert(phase_ == Phase::Idle);
    sent_at_ = loop_.now();
    deadline_.set(after(sent_at_, traffic_.settings().timeout));
    parser_.start(head_, http::Method::Get, http::HeadLimits{});
    if (stream_ == nullptr) {
        phase_ = Phase::Connecting;
        stream_ = net::connect(loop_, traffic_.settings().address, *this);
    } else {
        write_request();
    }
}

void TrafficConnection::write_request() {
    phase_ = Phase::Head;
    if (stream_->write(traffic_.request())) return;
    // Told in a later turn: the caller is in the middle of handing out work.
    is_write_broken_ = true;
    deadline_.set(loop_.now());
}

void TrafficConnection::on_connected() { write_request(); }

void TrafficConnection::on_bytes(std::span<char> bytes) {
    if (phase_ == Phase::Idle) {
        drop_stream();  // nobody asked for anything
        return;
    }
    if (phase_ == Phase::Head && !read_head(bytes)) return;
    read_body(bytes);
}

/// @return whether the body is next; `bytes` are then what follows the head
bool TrafficConnection::read_head(std::span<char>& bytes) {
    while (true) {
        const http::ParseResult parsed = parser_.feed(bytes);
        if (parsed.status == http::ParseStatus::NeedMore) return false;
        if (parsed.status == http::ParseStatus::Refused) {
            end(TrafficResult::BadResponse);
            return false;
        }
        bytes = bytes.subspan(parsed.consumed);
        if (head_.status >= 200) break;
        parser_.start(head_, http::Method::Get, http::HeadLimits{});  // 1xx: the answer follows
        if (bytes.empty()) return false;
    }
    phase_ = Phase::Body;
    decoder_.start(head_.body);
    return true;
}

void TrafficConnection::read_body(std::span<char> bytes) {
    while (!decoder_.is_done()) {
        if (bytes.empty()) return;
        const http::BodyPart part = decoder_.decode(bytes);
        if (part.is_refused) {
            end(TrafficResult::BadResponse);
            return;
        }
        bytes = bytes.subspan(part.consumed);
    }
    if (!bytes.empty()) {
        end(TrafficResult::BadResponse);  // bytes behind the response belong to no request
        return;
    }
    complete();
}

void TrafficConnection::on_end() {
    if (phase_ == Phase::Body && decoder_.end_of_input()) {
        head_.keep_alive = false;
        complete();
        return;
    }
    if (phase_ == Phase::Idle) {
        drop_stream();
    } else {
        end(TrafficResult::Closed);
    }
}

void TrafficConnection::on_broken(Failure) {
    if (phase_ == Phase::Idle) {
        drop_stream();
    } else {
        end(phase_ == Phase::Connecting ? TrafficResult::Refused : TrafficResult::Closed);
    }
}

void TrafficConnection::on_deadline() {
    end(is_write_broken_ ? TrafficResult::Closed : TrafficResult::Timeout);
}

void TrafficConnection::complete() {
    if (!head_.keep_alive) drop_stream();
    const bool is_good = head_.status < 300;
    phase_ = Phase::Idle;
    deadline_.clear();
    traffic_.on_result(*this, is_good ? TrafficResult::Answered : TrafficResult::BadStatus,
                       loop_.now() - sent_at_);
}

void TrafficConnection::end(TrafficResult result) {
    drop_stream();
    phase_ = Phase::Idle;
    is_write_broken_ = false;
    deadline_.clear();
    traffic_.on_result(*this, result, loop_.now() - sent_at_);
}

void TrafficConnection::drop_stream() { loop_.retire(std::move(stream_)); }

}  // namespace fairlead::bench
