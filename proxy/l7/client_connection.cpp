#include "proxy/l7/client_connection.h"

#include <algorithm>
#include <cassert>

#include "proxy/l7/body_pieces.h"
#include "proxy/l7/exchange.h"

namespace fairlead::l7 {
namespace {

// What glibc's malloc rounds up to 160 bytes.
static_assert(sizeof(ClientConnection) <= 152, "counts for every idle client");

constexpr Duration kLingerFor = std::chrono::seconds{3};
/// While stopping, for the next request of a client that was there so long ago, or has just come.
constexpr Duration kDrainGrace = std::chrono::seconds{1};
/// For the loop to come to what is there to be read.
constexpr Duration kOneTurn = std::chrono::milliseconds{10};
constexpr std::uint32_t kLingerBytesMax = 16 * 1024 * 1024;

}  // namespace

ClientConnection::ClientConnection(Context& context, ListenerSlot& slot,
                                   std::unique_ptr<net::Stream> stream,
                                   const net::ProxyHeader* header)
    : context_(context),
      slot_(slot),
      stream_(std::move(stream)),
      deadline_(net::Deadline::of<&ClientConnection::on_deadline>(context.loop.timers(), *this)) {
    const bool is_told = header != nullptr && header->has_addresses;
    const SocketAddress peer = is_told ? header->source : stream_->peer();
    if (is_told) seldom().destination = header->destination;
    peer_ip_ = peer.ip;
    peer_port_ = peer.port;
    ++slot_.connections;
    listener().series.connections->add(context_.worker, 1);
    listener().series.connections_total->add(context_.worker);
}

ClientConnection::~ClientConnection() {
    --slot_.connections;
    listener().series.connections->add(context_.worker, -1);
    net::close(context_.loop, std::move(stream_));
}

void ClientConnection::start(std::span<char> first) {
    stream_->set_observer(*this);
    stream_->start_reading();
    wait_for(Wait::KeepAlive, listener().config.timeouts.keepalive);
    if (!first.empty()) on_bytes(first);
}

void ClientConnection::drain() {
    if (phase_ != Phase::Idle) return;
    const Duration keepalive = listener().config.timeouts.keepalive;
    const bool has_been_quiet = keepalive != kForever &&
                                context_.loop.now() - (deadline_.when() - keepalive) >= kDrainGrace;
    // A client that has just been here may be sending its next request, which a close would cross
    // on its way: it gets its answer, and with it the word that the connection ends.
    if (has_been_quiet && !stream_->has_pending_input()) {
        close();
        return;
    }
    wait_for(Wait::KeepAlive, std::min(keepalive, kDrainGrace));
}

void ClientConnection::abort() {
    if (exchange_ != nullptr) {
        exchange_->abort();
    } else {
        close();
    }
}

bool ClientConnection::uses(const balancing::Backend& backend) const {
    return exchange_ != nullptr && exchange_->uses(backend);
}

void ClientConnection::leave_backend(const balancing::Backend& backend) {
    if (exchange_ != nullptr) exchange_->leave_backend(backend);
}

bool ClientConnection::is_draining() const { return context_.is_draining || slot_.is_draining(); }

bool ClientConnection::may_keep_alive() const {
    return !is_draining() && !has_ended_ &&
           requests_ < slot_.entry->config.limits.requests_per_connection;
}

void ClientConnection::on_bytes(std::span<char> bytes) {
    if (phase_ == Phase::Lingering) {
        lingered_bytes_ += static_cast<std::uint32_t>(bytes.size());
        if (lingered_bytes_ > kLingerBytesMax) close();
        return;
    }
    consume(bytes);
}

void ClientConnection::consume(std::span<char> bytes) {
    is_consuming_ = true;
    while (!bytes.empty() && (phase_ == Phase::Idle || phase_ == Phase::Exchange)) {
        if (exchange_ == nullptr) begin_exchange();
        if (!exchange_->wants_input()) {
            // The next request is early: it waits here, and its followers, the client's end among
            // them, in the kernel.
            seldom().pending.append(bytes.data(), bytes.size());
            stream_->stop_reading();
            break;
        }
        bytes = bytes.subspan(exchange_->receive(bytes));
    }
    is_consuming_ = false;
    if (exchange_ != nullptr && exchange_->is_reading_head() && wait_ != Wait::Header) {
        wait_for(Wait::Header, listener().config.timeouts.header);
    }
    if (is_draining()) drain();
}

void ClientConnection::consume_pending() {
    // What is not used up comes back to it in the same order.
    std::string ahead;
    ahead.swap(seldom_->pending);
    consume(ahead);
    const bool can_read =
        phase_ == Phase::Idle || (phase_ == Phase::Exchange && exchange_->wants_reading());
    if (can_read && !has_pending() && !stream_->is_reading()) stream_->start_reading();
}

void ClientConnection::begin_exchange() {
    if (requests_ < UINT32_MAX) ++requests_;
    phase_ = Phase::Exchange;
    wait_ = Wait::Nothing;
    deadline_.clear();
    is_trusted_ = contains(listener().config.trusted_proxies, peer_ip_);
    exchange_ = context_.take_exchange();
    exchange_->start(*this);
}

std::optional<std::size_t> ClientConnection::send(const ResponsePart& part) {
    BodyPieces pieces;
    pieces.add(part.head);
    if (!part.is_interim) {
        pieces.add_body(part.payload, part.is_chunked, part.is_last, part.trailers);
    }
    if (pieces.is_empty()) return 0;
    if (!stream_->write(pieces.all())) return std::nullopt;
    return pieces.bytes();
}

void ClientConnection::on_exchange_ended(Ending ending) {
    assert(phase_ == Phase::Exchange);
    context_.recycle(std::move(exchange_));
    if (ending == Ending::Reset) stream_->reset();
    if (ending == Ending::Reset || (ending == Ending::KeepAlive && has_ended_)) {
        close();
        return;
    }
    if (ending != Ending::KeepAlive) {
        // Closing with unread bytes in the kernel would send a reset, which may overtake our
        // answer. Who has announced to send no more (RFC 9112 section 9.6) is not looked at again.
        const bool must_linger = ending == Ending::Linger || has_pending() ||
                                 (ending == Ending::Close && stream_->has_unread_bytes());
        if (must_linger && !has_ended_) {
            linger();
        } else {
            close();
        }
        return;
    }
    phase_ = Phase::Idle;
    wait_for(Wait::KeepAlive, listener().config.timeouts.keepalive);
    if (is_consuming_) return;
    if (has_pending()) {
        consume_pending();
        return;
    }
    if (!stream_->is_reading()) stream_->start_reading();
    // The response may have promised to keep the connection before the process began to stop.
    if (is_draining()) drain();
}

void ClientConnection::resume_input() {
    if (!has_pending()) {
        if (!stream_->is_reading()) stream_->start_reading();
    } else if (!is_consuming_) {
        consume_pending();
    }
}

std::unique_ptr<net::Stream> ClientConnection::take_stream(std::string& ahead) {
    if (has_pending()) ahead.swap(seldom_->pending);
    phase_ = Phase::Tunnel;
    wait_ = Wait::Nothing;
    deadline_.clear();
    return std::move(stream_);
}

void ClientConnection::on_tunnel_ended() {
    phase_ = Phase::Closed;
    context_.recycle(std::move(exchange_));
    context_.clients.on_client_closed(*this);
}

void ClientConnection::on_end() {
    has_ended_ = true;
    switch (phase_) {
        case Phase::Idle:
        case Phase::Lingering:
            close();
            return;
        case Phase::Exchange:
            exchange_->on_client_end();
            return;
        case Phase::Tunnel:
        case Phase::Closed:
            return;
    }
}

void ClientConnection::on_drained() {
    if (phase_ == Phase::Exchange) exchange_->on_client_drained();
}

void ClientConnection::on_broken(Failure) {
    has_ended_ = true;
    if (phase_ == Phase::Exchange) {
        exchange_->on_client_gone();
    } else if (phase_ != Phase::Closed) {
        close();
    }
}

void ClientConnection::wait_for(Wait wait, Duration timeout) {
    wait_ = wait;
    deadline_.set(after(context_.loop.now(), timeout));
}

void ClientConnection::on_deadline() {
    switch (wait_) {
        case Wait::Nothing:
            return;
        case Wait::KeepAlive:
            if (phase_ != Phase::Idle) return;
            // A request that came at the last moment, or while the loop was late: it is read within
            // this turn. Closing now would answer it with a reset.
            if (stream_->has_unread_bytes()) {
                wait_for(Wait::KeepAlive, kOneTurn);
                return;
            }
            close();
            return;
        case Wait::Header:
            if (phase_ == Phase::Exchange && exchange_->is_reading_head()) {
                exchange_->on_header_timeout();
            }
            return;
        case Wait::Linger:
            if (phase_ == Phase::Lingering) close();
            return;
    }
}

void ClientConnection::linger() {
    phase_ = Phase::Lingering;
    if (has_pending()) seldom_->pending.clear();
    stream_->shutdown_write();
    if (!stream_->is_reading()) stream_->start_reading();
    wait_for(Wait::Linger, kLingerFor);
}

void ClientConnection::close() {
    if (phase_ == Phase::Closed) return;
    phase_ = Phase::Closed;
    deadline_.clear();
    wait_ = Wait::Nothing;
    net::close(context_.loop, std::move(stream_));
    context_.clients.on_client_closed(*this);
}

}  // namespace fairlead::l7
