/// One connection of a lane: connects when it has something to send, sends one request at a time,
/// keeps the connection as long as the other side and the settings let it. What a request is, is
/// the business of the derived classes, one for each protocol.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "bench/lane.h"
#include "bench/load_slot.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::bench {

class LoadConnection : public LoadSlot, public net::StreamObserver {
  public:
    /// For the protocol of the lane's target, which is not HTTP/2. `lane` outlives it.
    static std::unique_ptr<LoadConnection> make(Lane& lane);
    LoadConnection(const LoadConnection&) = delete;
    LoadConnection& operator=(const LoadConnection&) = delete;

    void send(Time planned, Time now) override;
    void give_up(Time now) override;
    bool is_under_way() const override { return phase_ == Phase::Sent; }

    void on_connected() override;
    void on_drained() override;
    void on_broken(Failure failure) override;

  protected:
    explicit LoadConnection(Lane& lane);

    /// The connection is there: make the request ready, then write().
    virtual void begin_request(bool is_last) = 0;

    /// Writes `head` and as much of the generated body behind it as the kernel takes; the rest
    /// follows by itself.
    void write(std::string_view head, std::uint64_t body_bytes);
    bool is_written() const { return body_left_ == 0; }
    bool is_busy() const { return phase_ != Phase::Idle; }
    /// The response is complete.
    void complete(Outcome outcome, bool keep_alive);
    /// The request has failed; the connection is closed.
    void end(Outcome outcome);
    /// Closes a connection that no request is on.
    void drop_stream();

    Lane& lane_;
    std::unique_ptr<net::Stream> stream_;

  private:
    enum class Phase : std::uint8_t { Idle, Connecting, Securing, Sent };

    void connect();
    void begin();
    void write_body(std::string_view head);
    void finish(Outcome outcome, Time now);
    void on_deadline();

    net::Deadline deadline_;  ///< the request's time-out; `now` to tell of a write that failed
    Phase phase_ = Phase::Idle;
    bool is_write_broken_ = false;
    std::uint64_t body_offset_ = 0;
    std::uint64_t body_left_ = 0;
    std::uint64_t served_ = 0;  ///< requests on this stream
    Time planned_{};
    Time sent_{};
};

}  // namespace fairlead::bench
