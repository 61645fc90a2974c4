/// One client of the admin endpoint: one request at a time, every wait bounded. Owned by the
/// AdminListener it came in by; main's thread.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "proxy/control/access.h"
#include "proxy/control/answer.h"
#include "proxy/control/api.h"
#include "proxy/http/body_decoder.h"
#include "proxy/http/h1_parser.h"
#include "proxy/http/h1_writer.h"
#include "proxy/net/loop.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::control {

class AdminListener;

class AdminConnection final : private net::StreamObserver {
  public:
    /// @param caller  who is at the other end
    AdminConnection(AdminListener& owner, net::Loop& loop, Api& api,
                    std::unique_ptr<net::Stream> stream, Caller caller);
    ~AdminConnection();
    AdminConnection(const AdminConnection&) = delete;
    AdminConnection& operator=(const AdminConnection&) = delete;

    /// Nothing reaches it any more; its owner retires it.
    void detach();
    /// The answer under way is the last one. @return false when there is none: it may go at once
    bool finish();

    /// How little is lost when it has to make room for another: the lowest goes first.
    enum class Worth : std::uint8_t { Idle, Asking, Answered, Waiting };
    Worth worth() const;

  private:
    enum class Phase : std::uint8_t {
        Head,     ///< of a request: not begun, or not complete
        Body,     ///< of a request
        Waiting,  ///< for the answer
        Sending,  ///< the answer
        Closing,  ///< everything is said; what still comes is thrown away
    };
    /// The way of an answer back to us; it leads nowhere once we are gone or have been answered.
    struct Asked {
        AdminConnection* connection;
    };

    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_broken(Failure failure) override;
    void on_deadline();

    void next_request();
    void read_head(std::span<char> bytes);
    void begin_request(std::span<char> rest);
    bool begin_takeover(std::span<char> rest);
    void begin_body(std::span<char> rest);
    void read_body(std::span<char> bytes);
    void ask();
    void refuse(const http::HeadError& error);
    void refuse_large_body();
    void send(ApiAnswer answer);
    void send_pieces();
    void finish_answer();
    void close();

    AdminListener& owner_;
    net::Loop& loop_;
    Api& api_;
    std::unique_ptr<net::Stream> stream_;
    const Caller caller_;
    net::Deadline deadline_;
    Phase phase_ = Phase::Head;
    http::RequestHead head_;
    http::RequestParser parser_;
    std::string target_storage_;
    ApiRequest request_;  ///< views of head_ and target_storage_
    http::BodyDecoder decoder_;
    std::string body_;
    std::shared_ptr<Asked> asked_;
    http::HeadBuffer out_;
    std::string piece_;                              ///< of the listing
    std::unique_ptr<telemetry::Rendering> listing_;  ///< under way
    std::uint64_t thrown_away_bytes_ = 0;
    bool is_head_ = false;
    bool keep_alive_ = true;
};

}  // namespace fairlead::control
