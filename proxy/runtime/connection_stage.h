/// A connection between accept and the first byte of its protocol: waits for what must come before,
/// with a deadline, and is counted at its listener meanwhile. The stages say what they wait for.
/// Owned by its worker; lives on that worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "proxy/net/loop.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/runtime/slot.h"

namespace fairlead::runtime {

class ConnectionStage : protected net::StreamObserver {
  public:
    ConnectionStage(const ConnectionStage&) = delete;
    ConnectionStage& operator=(const ConnectionStage&) = delete;

    /// One that has not said anything yet gets a second to do so.
    void drain();
    void abort() { fail(Failure::None); }
    /// Neither an exchange nor a tunnel yet: ends with the exchanges.
    static constexpr bool is_tunnel() { return false; }
    static constexpr bool uses(const balancing::Backend&) { return false; }
    static constexpr void leave_backend(const balancing::Backend&) {}
    Slot& slot() const { return slot_; }

    std::unique_ptr<net::Stream> take_stream() { return std::move(stream_); }
    const net::Stream& stream() const { return *stream_; }
    /// When it was accepted.
    Time started() const { return started_; }

    /// Where its owner keeps it.
    std::uint32_t position = 0;

  protected:
    /// @param slot  where it was accepted; outlives it
    ConnectionStage(net::Loop& loop, unsigned worker, Slot& slot,
                    std::unique_ptr<net::Stream> stream, Time started);
    ~ConnectionStage();

    /// Hears the stream from now on.
    void listen(Time until);
    /// When the listener's `handshake` timeout passes, which runs since accept.
    Time handshake_end() const;
    bool is_over() const { return is_over_; }
    /// What was waited for is there, or will not come. @return false: it was over before
    bool end();
    /// Ends it, and tells the owner unless it was over before.
    void fail(Failure failure);

    net::Loop& loop() { return loop_; }
    net::Stream& inner() { return *stream_; }
    /// Another stream over the one it has.
    void put_stream(std::unique_ptr<net::Stream> stream) { stream_ = std::move(stream); }

  private:
    virtual bool has_begun() const = 0;  ///< the client has said something
    virtual void on_deadline() = 0;
    virtual void tell_failed(Failure failure) = 0;

    net::Loop& loop_;
    const unsigned worker_;
    Slot& slot_;
    std::unique_ptr<net::Stream> stream_;
    net::Deadline deadline_;
    const Time started_;
    bool is_over_ = false;
};

}  // namespace fairlead::runtime
