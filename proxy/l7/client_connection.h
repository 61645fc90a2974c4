/// One HTTP/1.1 client connection: feeds its exchanges one after the other, keeps what was sent
/// ahead (pipelining), ends politely. An idle one holds no buffer and no parser. Owned by its
/// worker; lives on that worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "proxy/connect/idle_connections.h"
#include "proxy/l7/context.h"
#include "proxy/l7/site.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::l7 {

class Exchange;

/// A backend connection that belongs to one client, because it was authenticated as a whole
/// (NTLM, Negotiate).
struct PrivateConnection {
    PrivateConnection(net::Loop& loop, connect::BackendEntry& its_backend)
        : backend(its_backend.shared_from_this()),
          idle(loop, its_backend.endpoint, its_backend.idle.bounds()) {}
    const std::shared_ptr<connect::BackendEntry> backend;
    connect::IdleConnections idle;
};

class ClientConnection final : private net::StreamObserver {
  public:
    /// Its owner is the context's `clients`.
    /// @param slot    where it was accepted; outlives it
    /// @param header  what a PROXY header in front of it said; null when there was none
    ClientConnection(Context& context, ListenerSlot& slot, std::unique_ptr<net::Stream> stream,
                     const net::ProxyHeader* header);
    ~ClientConnection();
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;

    /// @param first  what has been read of it already
    void start(std::span<char> first);
    /// Stopping: a connection on which nothing runs and nothing is coming closes, others after
    /// their exchange. One that has not asked anything yet gets a second to do so.
    void drain();
    /// The time for stopping has run out: what runs ends now, with 503 `drained` when that can
    /// still be said.
    void abort();
    bool is_tunnel() const { return phase_ == Phase::Tunnel; }
    const ListenerSlot& slot() const { return slot_; }
    /// Something of it runs on this backend.
    bool uses(const balancing::Backend& backend) const;

    /// Where its owner keeps it.
    std::uint32_t position = 0;

    // ---- for its exchange
    Context& context() { return context_; }
    /// As configured now: an exchange keeps the one it began with.
    ListenerEntry& listener() { return *slot_.entry; }
    net::Stream& stream() { return *stream_; }
    /// Who is at the other end, or who a PROXY header says is; without address and port for a
    /// client on a unix socket.
    SocketAddress peer() const { return {peer_ip_, peer_port_, {}}; }
    /// Where it has come to, by the same header or by its stream. For PROXY headers of our own.
    SocketAddress destination() const {
        return seldom_ != nullptr && seldom_->destination ? *seldom_->destination
                                                          : stream_->local();
    }
    /// The peer's address is in trusted_proxies.
    bool is_trusted() const { return is_trusted_; }
    /// More requests may follow the one that is running.
    bool may_keep_alive() const;

    enum class Ending : std::uint8_t {
        KeepAlive,     ///< the next request may come
        Close,         ///< everything has been sent
        CloseAsAsked,  ///< the same, and the client said that this was its last request
        Linger,        ///< the client may still be sending: it must get to read our answer first
        Reset,         ///< the client must not take what it got for a whole response
    };
    /// The exchange is over; it may be called from anywhere inside it, as its last act.
    void on_exchange_ended(Ending ending);
    /// The stream has been taken for a tunnel; on_tunnel_ended follows.
    /// @param ahead  empty; gets what the client has sent behind its request
    std::unique_ptr<net::Stream> take_stream(std::string& ahead);
    void on_tunnel_ended();

    void pause_input() { stream_->stop_reading(); }
    void resume_input();
    /// Null when it has none.
    PrivateConnection* private_connection() const {
        return seldom_ == nullptr ? nullptr : seldom_->connection.get();
    }
    void keep_private(std::unique_ptr<PrivateConnection> connection) {
        seldom().connection = std::move(connection);
    }

  private:
    enum class Phase : std::uint8_t { Idle, Exchange, Tunnel, Lingering, Closed };
    enum class Wait : std::uint8_t { Nothing, KeepAlive, Header, Linger };

    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_broken(Failure failure) override;
    void on_deadline();

    /// What few clients ever need.
    struct Seldom {
        std::string pending;  ///< bytes of requests behind the running one; bounded by one read
        std::unique_ptr<PrivateConnection> connection;
        std::optional<SocketAddress> destination;  ///< by a PROXY header
    };
    Seldom& seldom() {
        if (seldom_ == nullptr) seldom_ = std::make_unique<Seldom>();
        return *seldom_;
    }
    bool has_pending() const { return seldom_ != nullptr && !seldom_->pending.empty(); }

    bool is_draining() const;
    void consume(std::span<char> bytes);
    void consume_pending();
    void begin_exchange();
    void wait_for(Wait wait, Duration timeout);
    void linger();
    void close();

    // Thousands of them wait at a time: what is idle is kept small.
    Context& context_;
    ListenerSlot& slot_;
    std::unique_ptr<net::Stream> stream_;
    std::unique_ptr<Exchange> exchange_;
    std::unique_ptr<Seldom> seldom_;
    net::Deadline deadline_;
    std::uint64_t requests_ = 0;
    IpAddress peer_ip_;
    std::uint16_t peer_port_ = 0;
    std::uint32_t lingered_bytes_ = 0;
    Phase phase_ = Phase::Idle;
    Wait wait_ = Wait::Nothing;
    bool is_trusted_ = false;
    bool is_consuming_ = false;
    bool has_ended_ = false;  ///< the client sent its FIN
};

}  // namespace fairlead::l7
