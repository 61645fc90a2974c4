/// The time between accept and the first byte of the protocol on a listener with `accept_proxy`:
/// reads the PROXY header of a connection that must have one, then hands it on. Owned by its
/// worker; lives on that worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "proxy/net/loop.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/runtime/slot.h"

namespace fairlead::runtime {

class Preface;

class PrefaceOwner {
  public:
    /// The header is whole. Take the stream, and retire the preface.
    /// @param rest  what followed it; good until this returns
    virtual void on_preface_done(Preface& preface, std::span<char> rest) = 0;
    /// No connection comes of it: retire it.
    /// @param failure  None for one that was closed before it said anything
    virtual void on_preface_failed(Preface& preface, Failure failure) = 0;

  protected:
    ~PrefaceOwner() = default;
};

class Preface final : private net::StreamObserver {
  public:
    /// @param slot  where it was accepted; outlives it
    Preface(net::Loop& loop, unsigned worker, PrefaceOwner& owner, Slot& slot,
            std::unique_ptr<net::Stream> stream);
    ~Preface();
    Preface(const Preface&) = delete;
    Preface& operator=(const Preface&) = delete;

    void start();
    /// One that has not said anything yet gets a second to do so.
    void drain();
    void abort() { fail(Failure::None); }
    /// Neither an exchange nor a tunnel yet: ends with the exchanges.
    static constexpr bool is_tunnel() { return false; }
    static constexpr bool uses(const balancing::Backend&) { return false; }
    Slot& slot() const { return slot_; }

    std::unique_ptr<net::Stream> take_stream() { return std::move(stream_); }
    const net::Stream& stream() const { return *stream_; }
    const net::ProxyHeader& header() const { return reader_.header(); }
    Time started() const { return started_; }

    /// Where its owner keeps it.
    std::uint32_t position = 0;

  private:
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_broken(Failure failure) override;
    void on_deadline();
    void fail(Failure failure);

    net::Loop& loop_;
    const unsigned worker_;
    PrefaceOwner& owner_;
    Slot& slot_;
    std::unique_ptr<net::Stream> stream_;
    net::ProxyHeaderReader reader_;
    net::Deadline deadline_;
    const Time started_;
    bool is_over_ = false;
};

/// Connections from there begin with a header.
bool must_begin_with_header(const conf::Listener& listener, const net::Stream& stream);

}  // namespace fairlead::runtime
