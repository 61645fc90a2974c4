/// A connection between accept (and a PROXY header) and the first byte inside TLS: the handshake
/// with a client.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proxy/net/proxy_protocol.h"
#include "proxy/runtime/connection_stage.h"
#include "proxy/runtime/handshake_gate.h"

namespace fairlead::runtime {

class Handshake;

class HandshakeOwner {
  public:
    /// TLS is there: take the stream, and retire the handshake.
    virtual void on_handshake_done(Handshake& handshake) = 0;
    /// The client speaks plain HTTP: take the stream, and retire the handshake. Maybe from within
    /// start().
    /// @param first  what it has said; good until this returns
    virtual void on_plain_http(Handshake& handshake, std::string_view first) = 0;
    /// No connection comes of it: retire it.
    /// @param failure  None for one that was closed before it said anything
    virtual void on_handshake_failed(Handshake& handshake, Failure failure) = 0;

  protected:
    ~HandshakeOwner() = default;
};

class Handshake final : public ConnectionStage, private HandshakeGate::Guest {
  public:
    /// @param slot     where it was accepted, with TLS; outlives it
    /// @param header   of the PROXY protocol; null: there was none
    /// @param started  when it was accepted
    Handshake(net::Loop& loop, unsigned worker, HandshakeOwner& owner, HandshakeGate& gate,
              Slot& slot, std::unique_ptr<net::Stream> stream, const net::ProxyHeader* header,
              Time started);
    ~Handshake();

    /// @param first  what was read already; may be empty
    void start(std::span<char> first);
    const net::ProxyHeader* header() const { return header_ ? &*header_ : nullptr; }
    /// Why it failed.
    const std::string& reason() const { return reason_; }

  private:
    void begin() override;
    void on_connected() override;
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_broken(Failure failure) override;
    void on_deadline() override;
    bool has_begun() const override { return is_tls_ || !first_.empty(); }
    void tell_failed(Failure failure) override;
    void leave_gate();

    HandshakeOwner& owner_;
    HandshakeGate& gate_;
    /// As it was accepted: a reload may take TLS away while this waits.
    const std::shared_ptr<net::TlsServer> tls_;
    std::optional<net::ProxyHeader> header_;
    std::string first_;  ///< in clear: read before its turn came
    std::string reason_;
    bool is_tls_ = false;      ///< the stream is a TLS stream
    bool is_waiting_ = false;  ///< at the gate
};

}  // namespace fairlead::runtime
