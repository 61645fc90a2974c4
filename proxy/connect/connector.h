/// Reaches a backend: its addresses in turn, within one deadline, up to the end of the TLS
/// handshake where there is one. Used by attempts, sessions, probes. Lives on one loop's thread;
/// restartable.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/base/failure.h"
#include "proxy/net/loop.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/net/tls_client.h"

namespace fairlead::connect {

/// What a connection begins with.
struct Opening {
    std::shared_ptr<net::TlsClient> tls;  ///< null: in clear
    std::string_view name;                ///< asked for and verified
    std::string_view session_key;         ///< as connect_tls() has it
    /// A PROXY header, sent before the handshake; without TLS whoever has the stream sends it, with
    /// its first bytes in one call.
    std::string announcement{};
};

class ConnectObserver {
  public:
    /// Established and already reading: set the stream's observer before returning.
    virtual void on_connect_done(std::unique_ptr<net::Stream> stream) = 0;
    /// Every address failed; `failure` is the last one's, ConnectTimeout when time ran out.
    virtual void on_connect_failed(Failure failure) = 0;

  protected:
    ~ConnectObserver() = default;
};

class Connector final : private net::StreamObserver {
  public:
    Connector(net::Loop& loop, ConnectObserver& observer);
    ~Connector();
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;

    /// @param addresses  must stay valid until the outcome; each gets an equal share of the time
    /// that
    ///                   is left when its turn comes
    /// @param opening    so must its texts
    /// The outcome is told once, never before this returns.
    void start(std::span<const SocketAddress> addresses, Duration timeout, Opening opening = {});
    /// Nothing is told any more.
    void cancel();
    bool is_active() const { return stream_ != nullptr; }
    /// Of Failure::TlsFailed, as tls_error() has it.
    const std::string& tls_reason() const { return tls_reason_; }

  private:
    void on_connected() override;
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_broken(Failure failure) override;
    void on_deadline();
    void try_next();
    void secure();
    void fail(Failure failure);

    net::Loop& loop_;
    ConnectObserver& observer_;
    net::Deadline deadline_;
    std::span<const SocketAddress> addresses_;
    Opening opening_;
    std::string tls_reason_;
    bool is_securing_ = false;  ///< connected, and the handshake runs
    std::size_t next_ = 0;
    Time give_up_at_{};
    std::unique_ptr<net::Stream> stream_;
};

}  // namespace fairlead::connect
