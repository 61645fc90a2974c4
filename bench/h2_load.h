/// One HTTP/2 connection of a lane: connects when a slot has something to send, gives each request
/// a stream, and is replaced when it has ended or the other side takes no more on it. Its slots
/// outlive nothing of it: both belong to the lane. Lives on the lane's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "bench/lane.h"
#include "proxy/http/h2_session.h"
#include "proxy/net/stream.h"
#include "proxy/net/turn_end.h"

namespace fairlead::bench {

class H2LoadSlot;

class H2Load final : private net::StreamObserver, private http::H2SessionObserver {
  public:
    /// `lane` outlives it.
    explicit H2Load(Lane& lane);
    ~H2Load();
    H2Load(const H2Load&) = delete;
    H2Load& operator=(const H2Load&) = delete;

    // ---- for its slots
    /// Begins the slot's request when there is a connection with room for it; in a later turn.
    void wait(H2LoadSlot& slot);
    /// It does not wait any longer. @return what its request has waited for, as an error
    Outcome leave(H2LoadSlot& slot);
    /// Nothing more is heard of the stream. @param is_whole  all was said on it
    void drop(http::H2Stream& stream, bool is_whole);
    /// More of a request's body.
    void send_data(http::H2Stream& stream, std::string_view payload, bool is_last);
    void consume(http::H2Stream& stream, std::size_t bytes);

  private:
    enum class Phase : std::uint8_t { Closed, Connecting, Securing, Open };

    // the stream
    void on_connected() override;
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_drained() override { turn_end_.ask(); }
    void on_broken(Failure failure) override;

    // the session; `user` is a slot
    void* on_h2_request(http::H2Stream&, const http::H2Head&) override { return nullptr; }
    void on_h2_response(void* user, const http::H2Head& head) override;
    void on_h2_data(void* user, std::span<char> payload, bool is_last,
                    std::string_view trailers) override;
    void on_h2_drained(void* user) override;
    void on_h2_closed(void* user, const http::H2StreamEnd& end) override;
    void on_h2_goaway(http::H2Error) override { is_leaving_ = true; }
    void on_h2_pong() override {}

    void connect();
    void open();
    bool has_room() const;
    void begin_waiting();
    bool write_all();
    void on_turn_end();
    void lose(Outcome outcome);
    void end_waiting(Outcome outcome);
    void close();

    Lane& lane_;
    net::TurnEnd turn_end_;
    std::unique_ptr<net::Stream> stream_;
    std::unique_ptr<http::H2Session> session_;
    std::deque<H2LoadSlot*> waiting_;
    std::string out_;
    std::uint64_t begun_ = 0;    ///< requests on this connection
    std::uint64_t counted_ = 0;  ///< of those, whose first bytes were written
    Outcome lost_ = Outcome::Ok;
    Phase phase_ = Phase::Closed;
    bool is_leaving_ = false;  ///< the other side takes no new streams
};

}  // namespace fairlead::bench
