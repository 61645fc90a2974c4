#include "proxy/l7/h2_client_stream.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proxy/base/text.h"
#include "proxy/http/start_line.h"
#include "proxy/l7/exchange.h"
#include "proxy/l7/h2_client_connection.h"
#include "proxy/l7/h2_tunnel.h"

namespace fairlead::l7 {
namespace {

/// 16 random bytes as base64: what RFC 6455 has a client send, and what nobody checks against it
/// here: the answer is given to a client that has sent no key.
std::string websocket_key(Random& random) {
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string key;
    std::uint64_t bits = 0;
    for (int digit = 0; digit < 21; ++digit) {
        if (digit % 10 == 0) bits = random.next();
        key += kLetters[bits & 63U];
        bits >>= 6U;
    }
    // The last digit of 128 bits has two of them, at its top.
    key += kLetters[(random.next() & 3U) << 4U];
    return key + "==";
}

}  // namespace

H2ClientStream::H2ClientStream(H2ClientConnection& connection, http::H2Stream& stream)
    : connection_(connection), stream_(&stream) {}

H2ClientStream::~H2ClientStream() {
    if (tunnel_ != nullptr) tunnel_->detach();
}

// ---- the request

void H2ClientStream::begin(const http::H2Head& head) {
    is_trusted_ = contains(listener().config.trusted_proxies, connection_.peer().ip);
    exchange_ = context().take_exchange();
    exchange_->start(*this);
    if (head.error.failure != Failure::None) {
        is_malformed_ = head.error.status == 400;
        exchange_->refuse_head(head.text, head.error);
    } else if (!head.protocol.empty()) {
        begin_websocket(head);
    } else {
        exchange_->receive_head(head.text, !head.is_last);
    }
}

void H2ClientStream::begin_websocket(const http::H2Head& head) {
    const auto& allowed = listener().config.upgrade;
    const bool is_allowed = std::any_of(allowed.begin(), allowed.end(), [&](const auto& each) {
        return each == "websocket" && iequals(each, head.protocol);
    });
    if (!is_allowed || head.is_last) {
        exchange_->refuse_head(head.text, {Failure::ClientBadRequest, 501,
                                           "this protocol is not spoken over HTTP/2 here"});
        return;
    }
    is_websocket_ = true;
    std::string text(head.text.substr(0, head.text.size() - 2));
    text.append("sec-websocket-key: ").append(websocket_key(context().random)).append("\r\n\r\n");
    exchange_->receive_head(text, false);
}

void H2ClientStream::on_data(std::span<char> payload, bool is_last, std::string_view trailers) {
    if (tunnel_ != nullptr) {
        tunnel_->on_data(payload, is_last);
        return;
    }
    if (exchange_ == nullptr) {  // it has been answered: the rest is of no use
        consume(payload.size());
        return;
    }
    if (is_websocket_ || is_paused_ || !held_.empty() || !exchange_->wants_input()) {
        held_.append(payload.data(), payload.size());
        held_trailers_ = trailers;
        has_held_last_ = is_last;
        return;
    }
    use(payload, is_last, trailers);
}

void H2ClientStream::use(std::span<char> payload, bool is_last, std::string_view trailers) {
    unused_bytes_ += payload.size();
    exchange_->receive_data(payload, is_last, trailers);
    if (!is_paused_) consume(std::exchange(unused_bytes_, 0));
}

void H2ClientStream::consume(std::size_t bytes) {
    if (bytes == 0) return;
    connection_.session().consume(stream_, bytes);
    connection_.note_output();
}

void H2ClientStream::resume_input() {
    is_paused_ = false;
    consume(std::exchange(unused_bytes_, 0));
    if ((held_.empty() && !has_held_last_) || is_websocket_ || exchange_ == nullptr) return;
    std::string held;
    held.swap(held_);
    use(held, std::exchange(has_held_last_, false), held_trailers_);
}

void H2ClientStream::on_drained() {
    if (tunnel_ != nullptr) {
        tunnel_->on_drained();
    } else if (exchange_ != nullptr) {
        exchange_->on_client_drained();
    }
}

void H2ClientStream::on_closed(Failure failure) {
    if (stream_ == nullptr) return;
    // The connection gets back what the stream had of its window.
    const std::size_t kept = unused_bytes_ + held_.size();
    stream_ = nullptr;
    must_reset_ = false;
    if (kept > 0) connection_.session().consume(nullptr, kept);
    if (tunnel_ != nullptr) {
        tunnel_->on_closed(failure != Failure::None);
    } else if (exchange_ != nullptr && failure != Failure::None) {
        exchange_->on_client_gone(failure);
    } else if (exchange_ != nullptr && !is_sending_) {
        exchange_->on_client_drained();
    }
    tell_if_over();
}

void H2ClientStream::abort() {
    if (exchange_ != nullptr) exchange_->abort();
}

bool H2ClientStream::uses(const balancing::Backend& backend) const {
    return exchange_ != nullptr && exchange_->uses(backend);
}

void H2ClientStream::leave_backend(const balancing::Backend& backend) {
    if (exchange_ != nullptr) exchange_->leave_backend(backend);
}

// ---- the response

Context& H2ClientStream::context() { return connection_.context(); }
ListenerEntry& H2ClientStream::listener() { return connection_.listener(); }
SocketAddress H2ClientStream::peer() const { return connection_.peer(); }
SocketAddress H2ClientStream::destination() const { return connection_.destination(); }
std::uint16_t H2ClientStream::local_port() const { return connection_.socket().local_port(); }
const net::TlsSession* H2ClientStream::tls() const { return connection_.socket().tls(); }

std::optional<std::size_t> H2ClientStream::send(const ResponsePart& part) {
    if (stream_ == nullptr || connection_.is_broken()) return std::nullopt;
    http::H2Session& session = connection_.session();
    const bool has_body = !part.payload.empty() || !part.trailers.empty();
    const bool ends_with_head = !part.head.empty() && part.is_last && !has_body;
    if (!part.head.empty()) session.send_head(*stream_, part.head, ends_with_head);
    if (!part.is_interim && !ends_with_head && (has_body || part.is_last)) {
        is_sending_ = true;
        connection_.send_data(*stream_, part.payload, part.is_last, part.trailers);
        is_sending_ = false;
    } else {
        connection_.note_output();
    }
    return part.head.size() + part.payload.size() + part.trailers.size();
}

std::size_t H2ClientStream::queued_bytes() const {
    return stream_ == nullptr ? 0 : connection_.session().queued_bytes(*stream_);
}

Failure H2ClientStream::stall() {
    if (stream_ == nullptr || !connection_.session().is_window_shut(*stream_)) {
        return Failure::ClientTimeout;
    }
    connection_.drain();  // GOAWAY: what else runs here ends as it would have
    return Failure::H2WindowStall;
}

void H2ClientStream::on_exchange_ended(Ending ending) {
    context().recycle(std::move(exchange_));
    if (stream_ != nullptr) {
        if (ending == Ending::Reset) {
            connection_.session().reset(*stream_, http::H2Error::InternalError);
            connection_.note_output();
        } else if (ending == Ending::Linger || is_malformed_) {
            // The answer goes first. What the client still sends is of no use (RFC 9113 8.1).
            must_reset_ = true;
            reset_ = is_malformed_ ? http::H2Error::ProtocolError : http::H2Error::NoError;
            connection_.ask_turn_end();
        }
        connection_.session().consume(stream_, std::exchange(unused_bytes_, 0) + held_.size());
        held_ = std::string();
    }
    tell_if_over();
}

void H2ClientStream::on_turn_end() {
    if (must_reset_ && stream_ != nullptr && queued_bytes() == 0) {
        must_reset_ = false;
        connection_.session().reset(*stream_, reset_);
    }
    if (tunnel_ != nullptr) tunnel_->on_turn_end();
}

void H2ClientStream::tell_if_over() {
    // One end may bring about the other, and both come here.
    if (is_over() && !std::exchange(has_told_, true)) connection_.on_stream_over(*this);
}

// ---- the tunnel

std::unique_ptr<net::Stream> H2ClientStream::take_stream(std::string& ahead) {
    auto tunnel = std::make_unique<H2Tunnel>(*this);
    tunnel_ = tunnel.get();
    if (stream_ == nullptr) {
        tunnel_->on_closed(true);
        return tunnel;
    }
    if (!held_.empty()) consume(held_.size());
    ahead.swap(held_);
    if (std::exchange(has_held_last_, false)) tunnel_->on_data({}, true);
    return tunnel;
}

void H2ClientStream::on_tunnel_ended() {
    context().recycle(std::move(exchange_));
    tell_if_over();
}

void H2ClientStream::on_tunnel_closed(bool was_whole) {
    tunnel_ = nullptr;
    if (stream_ != nullptr) {
        connection_.session().reset(*stream_,
                                    was_whole ? http::H2Error::NoError : http::H2Error::Cancel);
        connection_.note_output();
    }
    tell_if_over();
}

}  // namespace fairlead::l7
