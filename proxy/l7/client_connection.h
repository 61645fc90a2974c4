/// One HTTP/1.1 client connection: feeds its exchanges one after the other, keeps what was sent
/// ahead (pipelining), ends politely. An idle one holds no buffer and no parser. Owned by its
/// worker; lives on that worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "proxy/l7/client_side.h"
#include "proxy/l7/context.h"
#include "proxy/l7/site.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::l7 {

class Exchange;

class ClientConnection final : public ClientSide, private net::StreamObserver {
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
    /// Exchange::leave_backend of what runs.
    void leave_backend(const balancing::Backend& backend);

    // ---- for its exchange
    Protocol protocol() const override { return Protocol::Http1; }
    Context& context() override { return context_; }
    ListenerEntry& listener() override { return *slot_.entry; }
    SocketAddress peer() const override { return {peer_ip_, peer_port_, {}}; }
    SocketAddress destination() const override {
        return seldom_ != nullptr && seldom_->destination ? *seldom_->destination
                                                          : stream_->local();
    }
    std::uint16_t local_port() const override { return stream_->local_port(); }
    bool is_trusted() const override { return is_trusted_; }
    const net::TlsSession* tls() const override { return stream_->tls(); }
    bool may_keep_alive() const override;
    std::optional<std::size_t> send(const ResponsePart& part) override;
    std::size_t queued_bytes() const override { return stream_->queued_bytes(); }
    std::size_t unacknowledged_bytes() const override { return stream_->unacknowledged_bytes(); }
    void pause_input() override { stream_->stop_reading(); }
    void resume_input() override;
    void on_exchange_ended(Ending ending) override;
    std::unique_ptr<net::Stream> take_stream(std::string& ahead) override;
    void on_tunnel_ended() override;
    PrivateConnection* private_connection() const override {
        return seldom_ == nullptr ? nullptr : seldom_->connection.get();
    }
    void keep_private(std::unique_ptr<PrivateConnection> connection) override {
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
    IpAddress peer_ip_;
    std::uint16_t peer_port_ = 0;
    std::uint32_t requests_ = 0;  ///< stops at the highest number
    std::uint32_t lingered_bytes_ = 0;
    Phase phase_ = Phase::Idle;
    Wait wait_ = Wait::Nothing;
    bool is_trusted_ = false;
    bool is_consuming_ = false;
    bool has_ended_ = false;  ///< the client sent its FIN

  public:
    /// Where its owner keeps it. Down here it fills a gap.
    std::uint32_t position = 0;
};

}  // namespace fairlead::l7
