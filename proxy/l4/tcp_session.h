/// One client connection of a listener with mode "tcp": which pool, which backend, then bytes both
/// ways until both have ended. Owns the client's stream, then the relay, and the lease, which it
/// holds to its end: a session counts as in flight all its life. Owned by its worker; lives on that
/// worker's thread.
///
///   Hello -> Queued -> Connecting -> Relaying -> Ended       (Hello only with `sni`)
///               ^__________|  another backend
///
/// A client is not read before its backend is there: what it sends waits in the kernel, unseen and
/// bounded. Only a session that waits in the queue reads, to notice a client that has gone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balancing/pool.h"
#include "proxy/connect/connector.h"
#include "proxy/l4/context.h"
#include "proxy/l4/site.h"
#include "proxy/net/client_hello.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/net/relay.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::l4 {

class TcpSession final : private net::StreamObserver,
                         private connect::ConnectObserver,
                         private balancing::Waiter,
                         private net::RelayObserver {
  public:
    /// Its owner is the context's `sessions`.
    /// @param slot    where it was accepted; outlives it
    /// @param header  what a PROXY header in front of it said; null when there was none
    TcpSession(Context& context, ListenerSlot& slot, std::unique_ptr<net::Stream> stream,
               const net::ProxyHeader* header);
    ~TcpSession() override;
    TcpSession(const TcpSession&) = delete;
    TcpSession& operator=(const TcpSession&) = delete;

    /// @param first  what has been read of it already
    void start(std::span<char> first);
    /// Sessions go on while their listener or the process drains; one that has not said anything
    /// yet gets a second to do so.
    void drain();
    /// The time for that has run out: ends with `drained`.
    void abort() { end(Failure::Drained); }
    /// As long-lived as a tunnel, so it has the time of tunnels when something drains.
    static constexpr bool is_tunnel() { return true; }
    const ListenerSlot& slot() const { return slot_; }
    /// This backend is out now: a connection to it that is still being made is made elsewhere, when
    /// somebody else is there.
    void leave_backend(const balancing::Backend& backend);
    /// It runs on this backend, or tries to.
    bool uses(const balancing::Backend& backend) const {
        return lease_ && &lease_.backend() == &backend;
    }

    /// Where its owner keeps it.
    std::uint32_t position = 0;

  private:
    enum class Phase : std::uint8_t { Hello, Queued, Connecting, Relaying, Ended };
    struct Attempt {
        const balancing::Backend* backend = nullptr;
        std::string_view reason;
        Duration took{};
    };

    // the client, as long as there is no relay
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_broken(Failure failure) override;
    void on_deadline();

    void read_hello();
    RouteEntry& find_route();
    void choose(RouteEntry& route);
    std::uint64_t hash_key() const;
    void take(balancing::Picked picked);
    void wait_in_queue();
    void connect(balancing::Lease lease);
    bool try_again(Failure failure);
    void on_turn(balancing::Picked picked) noexcept override;
    bool enter_present();
    bool is_gone() const noexcept override { return false; }  // who leaves ends at once
    void on_connect_done(std::unique_ptr<net::Stream> stream) override;
    void on_connect_failed(Failure failure) override;
    bool send_ahead(net::Stream& backend);
    net::ProxyHeaderBytes announcement() const;
    void on_relay_ended(Failure failure) override;

    void end(Failure failure);
    void count_attempt(Failure failure);
    void count(Failure failure);
    void write_log(Failure failure);

    Context& context_;
    ListenerSlot& slot_;
    ListenerEntry* listener_;
    connect::SiteUse site_;  ///< what the pointers below lead into; ends last
    RouteEntry* route_ = nullptr;
    connect::PoolEntry* pool_ = nullptr;
    connect::BackendEntry* backend_ = nullptr;  ///< of the attempt under way, or the relay's

    std::unique_ptr<net::Stream> stream_;  ///< null once it is the relay's
    std::unique_ptr<net::ClientHelloReader> hello_;
    std::string name_;              ///< said in the hello
    std::string_view tls_version_;  ///< of TLS that ends here; empty: in clear
    std::string ahead_;             ///< read before the backend is there
    IpAddress client_ip_;
    std::uint16_t client_port_ = 0;
    std::unique_ptr<SocketAddress> destination_;  ///< by a PROXY header; null: the stream's own

    balancing::Lease lease_;
    connect::Connector connector_;
    std::unique_ptr<net::Relay> relay_;
    net::Deadline deadline_;       ///< of the hello, or of the queue
    std::vector<Attempt> failed_;  ///< empty for nearly all
    std::vector<const balancing::Backend*> tried_;

    Time started_;
    WallTime started_wall_;
    Time step_began_{};  ///< waiting in the queue, or connecting
    Duration queue_took_ = telemetry::kNotReached;
    Duration connect_took_ = telemetry::kNotReached;
    Phase phase_ = Phase::Hello;
    bool has_ended_ = false;  ///< the client sent its FIN before the relay began
};

}  // namespace fairlead::l4
