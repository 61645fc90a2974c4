/// One client connection of the test origin: reads a request whole, counting and hashing its body,
/// executes it, answers, and goes on with the next. Owned by its Origin, on the Origin's loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "bench/body_hash.h"
#include "bench/origin_reply.h"
#include "bench/origin_request.h"
#include "proxy/http/body_decoder.h"
#include "proxy/http/h1_parser.h"
#include "proxy/net/loop.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::bench {

class Origin;

class OriginConnection final : public net::StreamObserver {
  public:
    /// Starts reading. Tells `origin` by forget() when it has ended.
    OriginConnection(net::Loop& loop, Origin& origin, std::unique_ptr<net::Stream> stream);
    OriginConnection(const OriginConnection&) = delete;
    OriginConnection& operator=(const OriginConnection&) = delete;

    /// Ends it with a reset, without telling the origin: the origin's own doing.
    void kill();
    /// The delay its request asked for is over (from the DelayQueue).
    void on_delay_passed();

    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_broken(Failure failure) override;

  private:
    enum class Phase : std::uint8_t {
        Idle,       ///< between requests
        Head,       ///< a request head is arriving
        Body,       ///< its body is arriving
        Waiting,    ///< executed, the asked-for delay runs
        Answering,  ///< the reply is going out
        Lingering,  ///< our side is closed; what still comes is thrown away until the client closes
        Finished,
    };

    /// What of an answer may differ between two requests of one target.
    struct ReplyKey {
        int status = 200;
        unsigned minor = 1;
        bool is_head = false;
        bool keep_alive = true;
        bool operator==(const ReplyKey&) const = default;
    };

    void enter_idle();
    void consume(std::span<char> bytes);
    std::span<char> read_head(std::span<char> bytes);
    std::span<char> read_body(std::span<char> bytes);
    void begin_body();
    void keep_for_later(std::span<const char> bytes);
    void resume_kept();

    void execute();
    bool know_target();
    void execute_work();
    void answer_health(const OriginRequest& request);
    void answer_stats(const OriginRequest& request);
    void answer_text(int status, std::string_view text,
                     std::string_view content_type = "text/plain");
    void answer_work();
    void refuse(const http::HeadError& error);
    void send();
    void on_deadline();
    void close_gently();
    void linger();
    void finish();
    void leave_waits();

    bool wants_keep_alive() const;

    net::Loop& loop_;
    Origin& origin_;
    std::unique_ptr<net::Stream> stream_;
    net::Deadline deadline_;  ///< idle time, next turn or lingering, as the phase says
    Time delay_end_{};        ///< while Waiting
    Phase phase_ = Phase::Idle;

    http::RequestParser parser_;
    http::RequestHead head_;
    http::BodyDecoder decoder_;
    BodyHash body_hash_;
    std::string known_target_;  ///< of the last Work request, which `request_` says
    OriginRequest request_;
    int status_ = 200;  ///< of this request's answer, drawn
    OriginReply reply_;
    std::optional<ReplyKey> reply_key_;  ///< set: `reply_` can be repeated for known_target_
    std::string reply_fields_;
    std::string kept_;  ///< pipelined bytes that came while a reply was due; at most one read
    bool is_closing_ = false;  ///< after this reply
    bool has_client_ended_ = false;
};

}  // namespace fairlead::bench
