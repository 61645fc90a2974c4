/// A place for one stream at a time on an HTTP/2 connection of a lane: one request and its answer.
#pragma once

#include <cstdint>
#include <span>

#include "bench/h2_load.h"
#include "bench/load_slot.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::bench {

class H2LoadSlot final : public LoadSlot {
  public:
    /// Both outlive it.
    H2LoadSlot(Lane& lane, H2Load& connection);

    void send(Time planned, Time now) override;
    void give_up(Time now) override;
    bool is_under_way() const override { return stream_ != nullptr; }

    // ---- for its connection
    /// @return false when the session takes no more
    bool begin(http::H2Session& session);
    void on_response(const http::H2Head& head);
    void on_data(std::span<char> payload, bool is_last);
    void on_drained() { write_body(); }
    /// The stream has ended without a whole answer, or there was no connection for it.
    void end(Outcome outcome);

  private:
    void complete();
    void write_body();
    void finish(Outcome outcome, Time now);
    void on_deadline();

    Lane& lane_;
    H2Load& connection_;
    net::Deadline deadline_;
    http::H2Stream* stream_ = nullptr;
    bool is_busy_ = false;
    int status_ = 0;
    std::uint64_t body_offset_ = 0;
    std::uint64_t body_left_ = 0;
    Time planned_{};
    Time sent_{};
};

}  // namespace fairlead::bench
