#include "proxy/l7/h2_client_connection.h"

#include <algorithm>
#include <utility>

#include "proxy/l7/exchange.h"
#include "proxy/telemetry/log.h"

namespace fairlead::l7 {
namespace {

/// Between the two steps of an end: more than any way to the client and back takes.
constexpr Duration kAnnouncedFor = std::chrono::seconds{1};
constexpr Duration kLingerFor = std::chrono::seconds{3};
constexpr std::uint32_t kLingerBytesMax = 1024 * 1024;
/// A client that waits for an answer may be silent, but a dead one is found out.
constexpr Duration kPingAfter = std::chrono::seconds{30};
constexpr Duration kPongWithin = std::chrono::seconds{15};
/// HTTP/2 has bounds of its own for a window; below them nothing works.
constexpr std::uint64_t kWindowMax = 0x7FFFFFFF;

http::H2Settings settings_of(const conf::Listener& listener) {
    http::H2Settings settings;
    const conf::Http2& h2 = listener.h2;
    settings.streams = h2.streams;
    settings.window = static_cast<std::uint32_t>(std::min(h2.window_bytes, kWindowMax));
    settings.connection_window =
        static_cast<std::uint32_t>(std::min(h2.connection_window_bytes, kWindowMax));
    settings.limits = {listener.limits.headers_bytes, listener.limits.header_count,
                       listener.limits.url_bytes};
    settings.resets = {h2.resets, h2.resets_over};
    settings.takes_websockets = std::find(listener.upgrade.begin(), listener.upgrade.end(),
                                          "websocket") != listener.upgrade.end();
    return settings;
}

}  // namespace

H2ClientConnection::H2ClientConnection(Context& context, ListenerSlot& slot,
                                       std::unique_ptr<net::Stream> stream,
                                       const net::ProxyHeader* header)
    : context_(context),
      slot_(slot),
      stream_(std::move(stream)),
      session_(http::H2Session::Role::Server, settings_of(slot.entry->config), *this),
      deadline_(net::Deadline::of<&H2ClientConnection::on_deadline>(context.loop.timers(), *this)),
      turn_end_(net::TurnEnd::of<&H2ClientConnection::on_turn_end>(context.loop, *this)),
      began_(context.loop.now()) {
    const bool is_told = header != nullptr && header->has_addresses;
    peer_ = is_told ? header->source : stream_->peer();
    if (is_told) destination_ = header->destination;
    ++slot_.connections;
    listener().series.connections->add(context_.worker, 1);
    listener().series.connections_total->add(context_.worker);
}

H2ClientConnection::~H2ClientConnection() {
    --slot_.connections;
    listener().series.connections->add(context_.worker, -1);
    streams_.clear();
    net::close(context_.loop, std::move(stream_));
}

// ---- in

void H2ClientConnection::start(std::span<char> first) {
    heard_ = context_.loop.now();
    output_.on_drained(heard_);
    stream_->set_observer(*this);
    stream_->start_reading();
    if (!first.empty()) on_bytes(first);
    turn_end_.ask();  // our SETTINGS go first (RFC 9113 section 3.4)
}

void H2ClientConnection::on_bytes(std::span<char> bytes) {
    if (phase_ == Phase::Lingering) {
        lingered_bytes_ += static_cast<std::uint32_t>(bytes.size());
        if (lingered_bytes_ > kLingerBytesMax) close();
        return;
    }
    heard_ = context_.loop.now();
    is_pinging_ = false;
    session_.feed(bytes, heard_);
    if (!session_.is_in_headers()) {
        headers_since_ = Time::max();
    } else if (headers_since_ == Time::max()) {
        headers_since_ = heard_;
    }
    turn_end_.ask();
}

void* H2ClientConnection::on_h2_request(http::H2Stream& stream, const http::H2Head& head) {
    if (phase_ == Phase::Ending) return nullptr;
    streams_.push_back(std::make_unique<H2ClientStream>(*this, stream));
    H2ClientStream& begun = *streams_.back();
    begun.position = streams_.size() - 1;
    ++requests_;
    begun.begin(head);
    if (requests_ >= listener().config.limits.requests_per_connection) drain();
    return &begun;  // at the latest this turn's end retires it
}

void H2ClientConnection::on_h2_data(void* user, std::span<char> payload, bool is_last,
                                    std::string_view trailers) {
    static_cast<H2ClientStream*>(user)->on_data(payload, is_last, trailers);
}

void H2ClientConnection::on_h2_drained(void* user) {
    static_cast<H2ClientStream*>(user)->on_drained();
}

void H2ClientConnection::on_h2_closed(void* user, const http::H2StreamEnd& end) {
    const bool is_whole = end.error == http::H2Error::NoError && !end.is_by_peer;
    static_cast<H2ClientStream*>(user)->on_closed(is_whole         ? Failure::None
                                                  : end.is_by_peer ? Failure::ClientClosed
                                                                   : Failure::H2Protocol);
}

void H2ClientConnection::on_stream_over(H2ClientStream& stream) {
    const std::size_t at = stream.position;
    std::unique_ptr<H2ClientStream> over = std::move(streams_[at]);
    if (at + 1 != streams_.size()) {
        streams_[at] = std::move(streams_.back());
        streams_[at]->position = at;
    }
    streams_.pop_back();
    if (streams_.empty()) heard_ = context_.loop.now();  // idle from here on
    context_.loop.retire(std::move(over));
    turn_end_.ask();
}

/// Each that is there now is met once; the call may end it.
template <class Call>
void H2ClientConnection::for_each_stream(Call call) {
    for (std::size_t index = streams_.size(); index-- > 0;) {
        if (index < streams_.size()) call(*streams_[index]);
    }
}

// ---- out

void H2ClientConnection::send_data(http::H2Stream& stream, std::string_view payload, bool is_last,
                                   std::string_view trailers) {
    session_.send_data(stream, payload, is_last, trailers, output_.buffer(session_, *stream_),
                       connect::H2Output::kGatheredMax);
    note_output();
}

void H2ClientConnection::note_output() {
    if (is_broken_ || phase_ == Phase::Closed) return;
    if (!output_.note(session_, *stream_, context_.loop.now())) is_broken_ = true;
}

void H2ClientConnection::on_turn_end() {
    if (phase_ == Phase::Closed || phase_ == Phase::Lingering) return;
    const auto turn_streams = [this] {
        for_each_stream([](H2ClientStream& stream) { stream.on_turn_end(); });
    };
    if (!is_broken_ && !output_.pump(session_, *stream_, context_.loop.now(), turn_streams)) {
        is_broken_ = true;
    }
    if (is_broken_) {
        end_streams(Failure::ClientClosed);
        close();
        return;
    }
    if (session_.failure() != Failure::None) {
        note_failure(session_.failure());
        end_streams(session_.failure());
        linger();
        return;
    }
    // Announced, it only looks over: a request may be on its way.
    if (phase_ != Phase::Announced && session_.is_over() && streams_.empty()) {
        linger();
        return;
    }
    if (streams_.empty()) output_.shrink();
    arm();
}

void H2ClientConnection::on_drained() {
    output_.on_drained(context_.loop.now());
    turn_end_.ask();
}

// ---- deadlines

void H2ClientConnection::arm() {
    const conf::ListenerTimeouts& timeouts = listener().config.timeouts;
    Time when = ends_;
    if (!session_.has_settings()) {
        when = std::min(when, after(heard_, timeouts.header));
    } else if (streams_.empty()) {
        when = std::min(when, after(heard_, timeouts.keepalive));
    } else {
        when = std::min(when, heard_ + (is_pinging_ ? kPongWithin : kPingAfter));
    }
    if (headers_since_ != Time::max()) {
        when = std::min(when, after(headers_since_, timeouts.header));
    }
    if (stream_->queued_bytes() > 0) {
        when = std::min(when, after(output_.taken(), timeouts.write_idle));
    }
    deadline_.set(when);
}

void H2ClientConnection::on_deadline() {
    const Time now = context_.loop.now();
    const conf::ListenerTimeouts& timeouts = listener().config.timeouts;
    if (phase_ == Phase::Closed) return;
    if (phase_ == Phase::Lingering) {
        close();
        return;
    }
    if (stream_->queued_bytes() > 0 && now >= after(output_.taken(), timeouts.write_idle) &&
        !output_.has_progress(*stream_, now)) {
        end_streams(Failure::ClientTimeout);
        stream_->reset();
        close();
        return;
    }
    if (!session_.has_settings() && now >= after(heard_, timeouts.header)) {
        close();
        return;
    }
    if (headers_since_ != Time::max() && now >= after(headers_since_, timeouts.header)) {
        fail(Failure::ClientTimeout, http::H2Error::EnhanceYourCalm,
             "a header block did not arrive in time");
    } else if (phase_ == Phase::Announced && now >= ends_) {
        on_h2_pong();
    } else if (streams_.empty() && now >= after(heard_, timeouts.keepalive)) {
        phase_ = Phase::Ending;
        session_.end();
    } else if (!streams_.empty() && is_pinging_ && now >= heard_ + kPongWithin) {
        end_streams(Failure::ClientClosed);
        close();
        return;
    } else if (!streams_.empty() && !is_pinging_ && now >= heard_ + kPingAfter) {
        is_pinging_ = true;
        heard_ = now;
        session_.ping();
    }
    turn_end_.ask();
}

// ---- the end

void H2ClientConnection::drain() {
    if (phase_ != Phase::Open) return;
    phase_ = Phase::Announced;
    session_.announce_end();
    // Its answer comes behind every request that was on its way.
    session_.ping();
    ends_ = context_.loop.now() + kAnnouncedFor;
    turn_end_.ask();
}

void H2ClientConnection::on_h2_pong() {
    if (phase_ != Phase::Announced) return;
    phase_ = Phase::Ending;
    ends_ = Time::max();
    session_.end();
    turn_end_.ask();
}

void H2ClientConnection::abort(bool with_exchanges, bool with_tunnels) {
    for_each_stream([&](H2ClientStream& stream) {
        if (stream.is_tunnel() ? with_tunnels : with_exchanges) stream.abort();
    });
    if (phase_ == Phase::Lingering) {
        if (with_exchanges) close();
        return;
    }
    if (with_exchanges && phase_ != Phase::Closed) {
        phase_ = Phase::Ending;
        ends_ = Time::max();
        session_.end();
        turn_end_.ask();
    }
}

void H2ClientConnection::abort_on(const balancing::Backend& backend, bool with_exchanges,
                                  bool with_tunnels) {
    for_each_stream([&](H2ClientStream& stream) {
        const bool is_meant = stream.is_tunnel() ? with_tunnels : with_exchanges;
        if (is_meant && stream.uses(backend)) stream.abort();
    });
}

void H2ClientConnection::leave_backend(const balancing::Backend& backend) {
    for_each_stream([&](H2ClientStream& stream) { stream.leave_backend(backend); });
}

void H2ClientConnection::on_end() {
    if (phase_ == Phase::Closed) return;
    if (phase_ != Phase::Lingering) end_streams(Failure::ClientClosed);
    close();
}

void H2ClientConnection::on_broken(Failure) {
    is_broken_ = true;
    on_end();
}

void H2ClientConnection::fail(Failure failure, http::H2Error error, std::string_view reason) {
    session_.fail(failure, error, reason);
    turn_end_.ask();
}

void H2ClientConnection::end_streams(Failure failure) {
    for_each_stream([&](H2ClientStream& stream) { stream.on_closed(failure); });
}

/// Its owner says it in the log of requests, when there is none that could.
void H2ClientConnection::note_failure(Failure failure) {
    if (std::exchange(has_told_failure_, true)) return;
    telemetry::log::debug("listener {}: HTTP/2 with {} ended: {} ({})", listener().config.name,
                          peer_.text(), word(failure), session_.reason());
    if (!streams_.empty()) return;
    context_.clients.on_client_failed(*this, failure);
}

/// Closing with unread bytes in the kernel would send a reset, which may overtake our last words.
void H2ClientConnection::linger() {
    phase_ = Phase::Lingering;
    stream_->shutdown_write();
    if (!stream_->is_reading()) stream_->start_reading();
    ends_ = context_.loop.now() + kLingerFor;
    deadline_.set(ends_);
}

void H2ClientConnection::close() {
    if (phase_ == Phase::Closed) return;
    phase_ = Phase::Closed;
    deadline_.clear();
    net::close(context_.loop, std::move(stream_));
    context_.clients.on_client_closed(*this);
}

}  // namespace fairlead::l7
