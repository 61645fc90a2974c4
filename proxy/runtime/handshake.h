/// The time between accept (and a PROXY header) and the first byte inside TLS: the handshake with a
/// client. Owned by its worker; lives on that worker's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "proxy/net/loop.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/runtime/slot.h"

namespace fairlead::runtime {

class Handshake;

/// Lets so many handshakes begin in one turn of the loop: each costs as much as dozens of requests,
/// and those whose connections are established are not to wait for a crowd at the door. The others
/// wait in order.
class HandshakeGate {
  public:
    static constexpr unsigned kPerTurn = 4;

    explicit HandshakeGate(net::Loop& loop);
    HandshakeGate(const HandshakeGate&) = delete;
    HandshakeGate& operator=(const HandshakeGate&) = delete;

    /// @return may begin now; otherwise begin() of it is called in a later turn
    bool enter(Handshake& handshake);
    void leave(Handshake& handshake);

  private:
    void on_turn();

    net::Loop& loop_;
    net::Deadline next_turn_;
    std::deque<Handshake*> waiting_;
    unsigned begun_ = 0;  ///< in this turn
};

class HandshakeOwner {
  public:
    /// TLS is there: take the stream, and retire the handshake.
    virtual void on_handshake_done(Handshake& handshake) = 0;
    /// No connection comes of it: retire it.
    /// @param failure  None for one that was closed before it said anything
    virtual void on_handshake_failed(Handshake& handshake, Failure failure) = 0;

  protected:
    ~HandshakeOwner() = default;
};

class Handshake final : private net::StreamObserver {
  public:
    /// @param slot     where it was accepted, with TLS; outlives it
    /// @param header   of the PROXY protocol; null: there was none
    /// @param started  when it was accepted
    Handshake(net::Loop& loop, unsigned worker, HandshakeOwner& owner, HandshakeGate& gate,
              Slot& slot, std::unique_ptr<net::Stream> stream, const net::ProxyHeader* header,
              Time started);
    ~Handshake();
    Handshake(const Handshake&) = delete;
    Handshake& operator=(const Handshake&) = delete;

    /// @param first  what was read already; may be empty
    void start(std::span<char> first);
    /// Its turn at the gate.
    void begin();
    /// One that has not said anything yet gets a second to do so.
    void drain();
    void abort() { fail(Failure::None); }
    /// Neither an exchange nor a tunnel yet: ends with the exchanges.
    static constexpr bool is_tunnel() { return false; }
    static constexpr bool uses(const balancing::Backend&) { return false; }
    Slot& slot() const { return slot_; }

    std::unique_ptr<net::Stream> take_stream() { return std::move(stream_); }
    const net::Stream& stream() const { return *stream_; }
    const net::ProxyHeader* header() const { return header_ ? &*header_ : nullptr; }
    Time started() const { return started_; }
    /// Why it failed.
    const std::string& reason() const { return reason_; }

    /// Where its owner keeps it.
    std::uint32_t position = 0;

  private:
    void on_connected() override;
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_broken(Failure failure) override;
    void on_deadline();
    void fail(Failure failure);

    net::Loop& loop_;
    const unsigned worker_;
    HandshakeOwner& owner_;
    HandshakeGate& gate_;
    Slot& slot_;
    /// As it was accepted: a reload may take TLS away while this waits.
    const std::shared_ptr<net::TlsServer> tls_;
    std::unique_ptr<net::Stream> stream_;
    std::optional<net::ProxyHeader> header_;
    net::Deadline deadline_;
    const Time started_;
    std::string first_;  ///< read before its turn came
    std::string reason_;
    bool has_begun_ = false;   ///< stream_ is a TLS stream
    bool is_waiting_ = false;  ///< at the gate
    bool is_over_ = false;
};

}  // namespace fairlead::runtime
