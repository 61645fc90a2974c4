#include "proxy/connect/h2_connections.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "proxy/connect/pool_entry.h"

namespace fairlead::connect {
namespace {

/// A backend that is silent while it owes answers is asked whether it is there. Not sooner: servers
/// of gRPC end connections that are pinged more than once in five minutes without data.
constexpr Duration kPingAfter = std::chrono::minutes{6};
constexpr Duration kPongWithin = std::chrono::seconds{10};
/// Before its SETTINGS say how many it takes.
constexpr std::size_t kRoomUnknown = 100;

http::H2Settings settings_of(const BackendEntry& backend) {
    http::H2Settings settings;
    settings.limits = {64 * 1024, 256, 0};
    settings.scheme = backend.tls == nullptr ? "http" : "https";
    // Its resets are answers to our requests, which are bounded.
    settings.resets = {UINT32_MAX, std::chrono::seconds{1}};
    return settings;
}

}  // namespace

// ---- one

H2Connection::H2Connection(net::Loop& loop, H2Connections& home, BackendEntry& backend)
    : loop_(loop),
      home_(home),
      backend_(backend),
      connector_(loop, *this),
      deadline_(net::Deadline::of<&H2Connection::on_deadline>(loop.timers(), *this)),
      turn_end_(net::TurnEnd::of<&H2Connection::on_turn_end>(loop, *this)) {}

H2Connection::~H2Connection() { close_stream(); }

void H2Connection::close_stream() {
    if (stream_ == nullptr) return;
    backend_.series.connections_active->add(home_.worker_, -1);
    net::close(loop_, std::move(stream_));
}

void H2Connection::open(Duration timeout) {
    began_ = loop_.now();
    timeout_ = timeout;
    connector_.start(backend_.endpoint.addresses, timeout, backend_.opening({}));
}

void H2Connection::on_connect_done(std::unique_ptr<net::Stream> stream) {
    const net::TlsSession* const tls = stream->tls();
    if (tls != nullptr && tls->protocol() != "h2") {
        net::close(loop_, std::move(stream));
        backend_.log_tls_failure(loop_.now(), "it does not speak HTTP/2 (ALPN)");
        backend_.series.connects_failed->add(home_.worker_);
        end(Failure::TlsFailed);
        return;
    }
    backend_.series.connects_ok->add(home_.worker_);
    backend_.series.connections_active->add(home_.worker_, 1);
    stream_ = std::move(stream);
    stream_->set_observer(*this);
    heard_ = loop_.now();
    http::H2SessionObserver& observer = *this;
    session_ = std::make_unique<http::H2Session>(http::H2Session::Role::Client,
                                                 settings_of(backend_), observer);
    turn_end_.ask();
    wake_waiters();
}

void H2Connection::on_connect_failed(Failure failure) {
    if (failure == Failure::TlsFailed) {
        backend_.log_tls_failure(loop_.now(), connector_.tls_reason());
    }
    backend_.series.connects_failed->add(home_.worker_);
    end(failure);
}

std::size_t H2Connection::room() const {
    if (is_leaving_ || is_broken_ || is_over_) return 0;
    if (session_ == nullptr) {
        return kRoomUnknown > waiters_.size() ? kRoomUnknown - waiters_.size() : 0;
    }
    const std::uint64_t most = backend_.idle.bounds().max_requests;
    const std::uint64_t left = most > begun_ ? most - begun_ : 0;
    return std::min<std::uint64_t>(session_->streams_left(), left);
}

void H2Connection::wake_waiters() {
    // One by one: each may take others out.
    while (!waiters_.empty()) {
        H2Waiter& next = *waiters_.front();
        waiters_.erase(waiters_.begin());
        if (room() > 0) {
            next.on_h2_ready(*this);
        } else {
            home_.wait(next, timeout_);  // for another one
        }
    }
}

void H2Connection::fail_waiters(Failure failure) {
    while (!waiters_.empty()) {
        H2Waiter& waiter = *waiters_.back();
        waiters_.pop_back();
        waiter.on_h2_failed(failure);
    }
}

http::H2Stream* H2Connection::send_request(H2RequestObserver& request, std::string_view head,
                                           bool is_last) {
    if (room() == 0) return nullptr;
    http::H2Stream* const stream = session_->send_request(&request, head, is_last);
    if (stream == nullptr) return nullptr;
    ++begun_;
    turn_end_.ask();
    return stream;
}

void H2Connection::send_data(http::H2Stream& stream, std::string_view payload, bool is_last,
                             std::string_view trailers) {
    session_->send_data(stream, payload, is_last, trailers, output_.buffer(*session_, *stream_),
                        H2Output::kGatheredMax);
    if (!is_broken_ && !output_.note(*session_, *stream_, loop_.now())) is_broken_ = true;
}

void H2Connection::consume(http::H2Stream* stream, std::size_t bytes) {
    if (is_over_ || bytes == 0) return;
    session_->consume(stream, bytes);
    turn_end_.ask();
}

void H2Connection::forget(http::H2Stream& stream) { session_->forget(stream); }

void H2Connection::reset(http::H2Stream& stream) {
    session_->forget(stream);
    session_->reset(stream, http::H2Error::Cancel);
    turn_end_.ask();
}

// ---- in

void H2Connection::on_bytes(std::span<char> bytes) {
    heard_ = loop_.now();
    is_pinging_ = false;
    session_->feed(bytes, heard_);
    turn_end_.ask();
}

void H2Connection::on_h2_response(void* user, const http::H2Head& head) {
    ++answered_;
    static_cast<H2RequestObserver*>(user)->on_h2_response(head);
}

void H2Connection::on_h2_data(void* user, std::span<char> payload, bool is_last,
                              std::string_view trailers) {
    static_cast<H2RequestObserver*>(user)->on_h2_data(payload, is_last, trailers);
}

void H2Connection::on_h2_drained(void* user) {
    static_cast<H2RequestObserver*>(user)->on_h2_drained();
}

void H2Connection::on_h2_closed(void* user, const http::H2StreamEnd& end) {
    Failure failure = lost_;
    if (end.is_unprocessed) {
        failure = Failure::StreamRefused;
    } else if (failure == Failure::None &&
               (end.is_by_peer || end.error != http::H2Error::NoError)) {
        failure = end.is_by_peer && end.error == http::H2Error::NoError ? Failure::BackendClosed
                                                                        : Failure::BackendReset;
    }
    static_cast<H2RequestObserver*>(user)->on_h2_closed(failure, lost_ != Failure::None);
}

void H2Connection::on_h2_goaway(http::H2Error) { is_leaving_ = true; }

void H2Connection::on_end() { end(Failure::BackendClosed); }

void H2Connection::on_broken(Failure) { end(Failure::BackendReset); }

// ---- out

void H2Connection::on_turn_end() {
    if (is_over_) return;
    if (!is_broken_ && !output_.pump(*session_, *stream_, loop_.now(), [] {})) is_broken_ = true;
    if (is_broken_) {
        end(Failure::BackendReset);
        return;
    }
    if (session_->failure() != Failure::None) {
        end(Failure::BackendBadResponse);
        return;
    }
    const KeepaliveSettings& bounds = backend_.idle.bounds();
    const bool is_worn = begun_ >= bounds.max_requests || loop_.now() - began_ >= bounds.max_age;
    if (is_worn) is_leaving_ = true;
    if (session_->streams() == 0) {
        if (is_leaving_ || session_->is_over() || backend_.idle.idle_limit() == Duration::zero()) {
            end(Failure::None);
            return;
        }
        output_.shrink();
    }
    arm();
}

void H2Connection::arm() {
    if (session_->streams() == 0) {
        deadline_.set(after(heard_, backend_.idle.idle_limit()));
    } else {
        deadline_.set(heard_ + (is_pinging_ ? kPongWithin : kPingAfter));
    }
}

void H2Connection::on_deadline() {
    if (is_over_ || session_ == nullptr) return;
    const Time now = loop_.now();
    if (session_->streams() == 0) {
        if (now >= after(heard_, backend_.idle.idle_limit())) {
            end(Failure::None);
            return;
        }
    } else if (is_pinging_ && now >= heard_ + kPongWithin) {
        end(Failure::BackendTimeout);
        return;
    } else if (!is_pinging_ && now >= heard_ + kPingAfter) {
        is_pinging_ = true;
        heard_ = now;
        session_->ping();
        turn_end_.ask();
    }
    arm();
}

void H2Connection::end(Failure failure) {
    if (std::exchange(is_over_, true)) return;
    lost_ = failure;
    is_leaving_ = true;
    deadline_.clear();
    connector_.cancel();
    if (session_ != nullptr) session_->close_all({http::H2Error::InternalError, true, false});
    fail_waiters(failure == Failure::None ? Failure::BackendClosed : failure);
    close_stream();
    home_.remove(*this);  // last: we are retired by it
}

// ---- all

H2Connections::~H2Connections() = default;

H2Connection* H2Connections::take(bool is_careful) {
    for (const auto& each : connections_) {
        if (!each->is_open() || each->room() == 0) continue;
        if (is_careful && each->has_pending_input()) continue;
        return each.get();
    }
    return nullptr;
}

void H2Connections::wait(H2Waiter& waiter, Duration timeout) {
    for (const auto& each : connections_) {
        if (each->session_ != nullptr || each->room() == 0) continue;
        each->waiters_.push_back(&waiter);
        return;
    }
    connections_.push_back(std::make_unique<H2Connection>(loop_, *this, backend_));
    H2Connection& opened = *connections_.back();
    opened.waiters_.push_back(&waiter);
    opened.open(timeout);
}

void H2Connections::cancel(H2Waiter& waiter) {
    for (const auto& each : connections_) {
        std::erase(each->waiters_, &waiter);
    }
}

void H2Connections::remove(H2Connection& connection) {
    const auto found = std::find_if(connections_.begin(), connections_.end(),
                                    [&](const auto& each) { return each.get() == &connection; });
    assert(found != connections_.end());
    loop_.retire(std::move(*found));
    connections_.erase(found);
}

}  // namespace fairlead::connect
