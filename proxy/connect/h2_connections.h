/// HTTP/2 connections to one backend, each shared by many requests of one worker. A request takes a
/// stream on one that is open, or waits for one that is being opened; another is opened when those
/// there are cannot take it. Lives on its worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/connect/connector.h"
#include "proxy/connect/endpoint.h"
#include "proxy/connect/h2_output.h"
#include "proxy/http/h2_session.h"
#include "proxy/net/loop.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/net/turn_end.h"

namespace fairlead::connect {

struct BackendEntry;
class H2Connection;
class H2Connections;

/// Whoever waits for a connection.
class H2Waiter {
  public:
    /// It takes a stream now. Called from within nobody's call.
    virtual void on_h2_ready(H2Connection& connection) = 0;
    virtual void on_h2_failed(Failure failure) = 0;

  protected:
    ~H2Waiter() = default;
};

/// One request on such a connection.
class H2RequestObserver {
  public:
    /// A response, or one before it (1xx).
    virtual void on_h2_response(const http::H2Head& head) = 0;
    /// To be acknowledged by consume().
    virtual void on_h2_data(std::span<char> payload, bool is_last, std::string_view trailers) = 0;
    /// What was queued has gone to the connection.
    virtual void on_h2_drained() = 0;
    /// Nothing more is heard.
    /// @param failure  StreamRefused when the backend has not begun with it, else BackendReset,
    ///                 BackendClosed; None when both had said all they had
    /// @param is_connection_lost  it was no word of the backend about this request
    virtual void on_h2_closed(Failure failure, bool is_connection_lost) = 0;

  protected:
    ~H2RequestObserver() = default;
};

class H2Connection final : private net::StreamObserver,
                           private ConnectObserver,
                           private http::H2SessionObserver {
  public:
    H2Connection(net::Loop& loop, H2Connections& home, BackendEntry& backend);
    ~H2Connection();
    H2Connection(const H2Connection&) = delete;
    H2Connection& operator=(const H2Connection&) = delete;

    /// How many more requests it takes: of one that is being opened, as far as that can be known.
    std::size_t room() const;
    bool is_open() const { return stream_ != nullptr && !is_leaving_; }
    /// It has answered a request before: it may be closing without our knowing.
    bool is_reused() const { return answered_ > 0; }
    bool has_pending_input() const { return stream_->has_pending_input(); }
    /// As net::Stream::is_unheard.
    bool is_unheard(Duration duration) const {
        return stream_ != nullptr && stream_->is_unheard(duration);
    }
    /// The backend is gone without a word: everything on it has failed.
    void give_up() { end(Failure::BackendReset); }

    /// Opens a stream. @return null when it takes no more
    http::H2Stream* send_request(H2RequestObserver& request, std::string_view head, bool is_last);
    void send_data(http::H2Stream& stream, std::string_view payload, bool is_last,
                   std::string_view trailers);
    std::size_t queued_bytes(const http::H2Stream& stream) const {
        return session_->queued_bytes(stream);
    }
    void consume(http::H2Stream* stream, std::size_t bytes);
    /// It is over for its observer, which hears nothing more of it.
    void forget(http::H2Stream& stream);
    /// The same, and the backend is told to stop.
    void reset(http::H2Stream& stream);

  private:
    friend class H2Connections;

    void open(Duration timeout);
    void on_connect_done(std::unique_ptr<net::Stream> stream) override;
    void on_connect_failed(Failure failure) override;
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_drained() override { turn_end_.ask(); }
    void on_broken(Failure failure) override;
    void* on_h2_request(http::H2Stream&, const http::H2Head&) override { return nullptr; }
    void on_h2_response(void* user, const http::H2Head& head) override;
    void on_h2_data(void* user, std::span<char> payload, bool is_last,
                    std::string_view trailers) override;
    void on_h2_drained(void* user) override;
    void on_h2_closed(void* user, const http::H2StreamEnd& end) override;
    void on_h2_goaway(http::H2Error) override;
    void on_h2_pong() override {}
    void on_turn_end();
    void on_deadline();
    void wake_waiters();
    void fail_waiters(Failure failure);
    void end(Failure failure);
    void close_stream();
    void arm();

    net::Loop& loop_;
    H2Connections& home_;
    BackendEntry& backend_;
    Connector connector_;
    std::unique_ptr<net::Stream> stream_;
    std::unique_ptr<http::H2Session> session_;  ///< from when it is connected
    std::vector<H2Waiter*> waiters_;
    net::Deadline deadline_;
    net::TurnEnd turn_end_;
    H2Output output_{turn_end_};
    Duration timeout_{};  ///< for connecting
    Time began_{};
    Time heard_{};
    std::uint64_t begun_ = 0;
    std::uint64_t answered_ = 0;
    Failure lost_ = Failure::None;  ///< what has ended the connection
    bool is_leaving_ = false;       ///< takes no new streams, and closes with the last
    bool is_broken_ = false;
    bool is_over_ = false;
    bool is_pinging_ = false;
};

class H2Connections {
  public:
    H2Connections(net::Loop& loop, BackendEntry& backend, unsigned worker)
        : loop_(loop), backend_(backend), worker_(worker) {}
    ~H2Connections();
    H2Connections(const H2Connections&) = delete;
    H2Connections& operator=(const H2Connections&) = delete;

    /// One that is open and takes another stream, or null.
    /// @param is_careful  only one with nothing to read, which may be its end: for a request that
    ///                    must not be sent twice
    H2Connection* take(bool is_careful);
    /// Waits for one; the outcome is told once, never before this returns.
    void wait(H2Waiter& waiter, Duration timeout);
    void cancel(H2Waiter& waiter);
    std::size_t size() const { return connections_.size(); }

  private:
    friend class H2Connection;
    void remove(H2Connection& connection);

    net::Loop& loop_;
    BackendEntry& backend_;
    const unsigned worker_;
    std::vector<std::unique_ptr<H2Connection>> connections_;
};

}  // namespace fairlead::connect
