/// One connection of the traffic: connects when it has something to send, sends one request at a
/// time, reads the response whole, keeps the connection as long as the other side lets it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "bench/traffic.h"
#include "proxy/http/body_decoder.h"
#include "proxy/http/h1_parser.h"
#include "proxy/net/loop.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::bench {

class TrafficConnection final : public net::StreamObserver {
  public:
    TrafficConnection(net::Loop& loop, Traffic& traffic);
    TrafficConnection(const TrafficConnection&) = delete;
    TrafficConnection& operator=(const TrafficConnection&) = delete;

    /// Sends the traffic's request; its result comes by Traffic::on_result(), not before this
    /// returns.
    void send();

    void on_connected() override;
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_broken(Failure failure) override;

  private:
    enum class Phase : std::uint8_t { Idle, Connecting, Head, Body };

    void connect();
    void write_request();
    bool read_head(std::span<char>& bytes);
    void read_body(std::span<char> bytes);
    void complete();
    void end(TrafficResult result);
    void drop_stream();
    void on_deadline();

    net::Loop& loop_;
    Traffic& traffic_;
    std::unique_ptr<net::Stream> stream_;
    net::Deadline deadline_;  ///< the request's time-out; `now` to tell of a write that failed
    Phase phase_ = Phase::Idle;
    bool is_write_broken_ = false;
    Time sent_at_{};

    http::ResponseParser parser_;
    http::ResponseHead head_;
    http::BodyDecoder decoder_;
};

}  // namespace fairlead::bench
