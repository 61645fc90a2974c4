/// One request and its response: the phases from the first byte of the head to the line in the log.
/// Owns the request, the running attempt and the record of all attempts. Reused by its context.
/// Lives on its worker's thread, owned by its client connection.
///
///   Head -> Body -> Queued -> Trying -> Responding -> Draining -> (ended)
///            |        |         |  ^__ retry, at once or after BackingOff
///            |________|_________|______ local reply ____|     Trying -> Tunnel -> (ended)
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "balancing/pool.h"
#include "proxy/http/h1_parser.h"
#include "proxy/http/target.h"
#include "proxy/l7/client_side.h"
#include "proxy/l7/context.h"
#include "proxy/l7/h1_attempt.h"
#include "proxy/l7/h2_attempt.h"
#include "proxy/l7/head_rewrite.h"
#include "proxy/l7/pace.h"
#include "proxy/l7/request_body.h"
#include "proxy/l7/retry.h"
#include "proxy/l7/site.h"
#include "proxy/l7/sticky_cookie.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/net/relay.h"

namespace fairlead::l7 {

class Exchange final : private AttemptObserver,
                       private balancing::Waiter,
                       private net::RelayObserver {
  public:
    explicit Exchange(Context& context);
    ~Exchange() override;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    // ---- from the client connection
    void start(ClientSide& client);
    /// @return how many of the bytes were its own; it may have ended by then
    std::size_t receive(std::span<char> bytes);
    /// From a client whose protocol knows by itself where a message ends: the head as HTTP/1.1
    /// text, whole, instead of receive(). It may have ended by then.
    /// @param has_body  receive_data() follows, also when its length is not said
    void receive_head(std::string_view head, bool has_body);
    /// Instead of receive_head(), of a head that is no good.
    /// @param head  as much as was understood, as whole lines; may be empty
    void refuse_head(std::string_view head, const http::HeadError& error);
    /// Payload without framing; not before wants_input().
    /// @param trailers  whole lines, with is_last only
    void receive_data(std::span<char> payload, bool is_last, std::string_view trailers);
    /// It takes bytes: the head or the body is not complete.
    bool wants_input() const;
    /// wants_input(), and nothing holds the client back.
    bool wants_reading() const { return wants_input() && !is_input_paused_; }
    bool is_reading_head() const { return phase_ == Phase::Head; }
    void on_header_timeout();
    void on_client_end();  ///< FIN
    /// Reset, or what else has ended its connection.
    void on_client_gone(Failure failure = Failure::ClientClosed);
    void on_client_drained();
    /// The process stops and waits no longer.
    void abort();
    /// This backend is out now: goes elsewhere when it waits for it, is allowed to, and somebody
    /// else is there. Else it waits on.
    void leave_backend(const balancing::Backend& backend);
    /// An attempt or a tunnel of it is on this backend.
    bool uses(const balancing::Backend& backend) const;

    /// Makes it as new; called when it has ended and the stack has unwound.
    void reset();

  private:
    enum class Phase : std::uint8_t {
        Head,        ///< reading the head
        Body,        ///< reading a body that is held before a backend is picked
        Queued,      ///< every usable backend is full
        BackingOff,  ///< every usable backend has been tried: for a moment nothing is
        Trying,      ///< an attempt runs, nothing has been sent to the client
        Responding,  ///< a response is under way to the client
        Draining,    ///< all of it is written, the client has not taken all
        Tunnel,
        Ended,
    };
    void enter(Phase phase);

    // exchange.cpp: the way in
    void on_head();
    bool accept_target();
    bool is_at_its_host();
    bool is_let_in();
    bool is_within_rate();
    void choose_route();
    RouteEntry& choose_share(RouteEntry& route);
    void start_body(std::span<char> rest);
    std::size_t receive_body(std::span<char> bytes);
    void take_body(const http::BodyPart& part);
    void refuse(const http::HeadError& error);

    // exchange_attempt.cpp: picking, trying, trying again
    void pick();
    void take(balancing::Picked picked);
    void start_attempt(balancing::Lease lease, Attempt::Reuse reuse);
    net::ProxyHeaderBytes announcement() const;
    bool take_private_backend(balancing::Picked& picked);
    void forward_body(std::string_view payload, bool is_last);
    void on_attempt_ready() override;
    void on_attempt_drained() override;
    void on_attempt_failed(Failure failure) override;
    bool retry_status(const http::ResponseHead& head, bool is_grpc_unavailable);
    bool try_again(const RetryAnswer& answer, Failure failure);
    bool back_off(const RetryAnswer& answer, Failure failure);
    bool pay_retry(const RetryAnswer& answer);
    void refund_retry();
    void note_useless_retry();
    void resume();
    void note_attempt(std::string_view reason);
    void note_running_attempt(Failure failure);
    void on_turn(balancing::Picked picked) noexcept override;
    bool is_gone() const noexcept override;
    Framing request_framing() const;
    bool is_request_chunked() const;
    AttemptSettings attempt_settings() const;
    void choose_attempt(const connect::BackendEntry& backend);

    // exchange_sticky.cpp: back to the backend of before
    balancing::Picked choose_backend();
    StickyOffer sticky_offer() const;

    // exchange_response.cpp: the way back
    void on_interim_response(const http::ResponseHead& head) override;
    void on_response(const http::ResponseHead& head, std::string_view payload,
                     bool is_done) override;
    void on_response_body(std::string_view payload, bool is_done) override;
    void on_switched(const http::ResponseHead& head, std::string_view rest) override;
    void on_relay_ended(Failure failure) override;
    Framing response_framing(const http::ResponseHead& head);
    void send_body(std::string_view head, std::string_view payload, bool is_done);
    void note_grpc_failure();
    void finish_response();
    void reply(int status, Failure failure, std::string_view text, std::string_view location = {});
    void fail(Failure failure);
    bool send(const ResponsePart& part);

    // exchange_verdict.cpp: what it tells of backends
    void accuse(balancing::Fault fault);
    void accuse_for(Failure failure);
    void speak_verdict();

    // exchange_end.cpp: deadlines and the end
    void arm();
    void on_deadline();
    void on_pace();
    void watch_pace();
    void client_left(Failure failure);
    void end(ClientSide::Ending ending);
    void write_log();
    void count();

    bool is_response_begun() const {
        return phase_ == Phase::Responding || phase_ == Phase::Draining;
    }

    Context& context_;
    connect::SiteUse site_;  ///< what the pointers below lead into; ends last
    ClientSide* client_ = nullptr;
    ListenerEntry* listener_ = nullptr;
    RouteEntry* route_ = nullptr;
    connect::PoolEntry* pool_ = nullptr;

    // the request
    http::RequestHead head_;
    http::RequestParser parser_;
    http::Target target_;
    std::string target_storage_;
    std::string_view host_;  ///< as it will be matched and told on: Host or authority
    std::string upgrade_;    ///< protocols asked for that are allowed
    RequestBody body_;
    IpAddress client_ip_;
    std::string_view tls_version_;  ///< of the client's connection; empty: in clear
    std::array<char, 32> made_id_{};
    std::string_view request_id_;
    std::uint64_t hash_key_ = 0;
    StickyClaim claim_;  ///< what its cookies say, with a sticky pool

    // the attempts
    static constexpr std::size_t kAttemptsMax = 24;
    struct AttemptRecord {
        const balancing::Backend* backend = nullptr;
        std::string_view reason;
        Duration took{};
    };
    H1Attempt h1_attempt_;
    std::unique_ptr<H2Attempt> h2_attempt_;  ///< from its first use
    Attempt* attempt_ = &h1_attempt_;        ///< the one that runs, or ran last
    std::array<AttemptRecord, kAttemptsMax> attempts_{};
    std::size_t attempt_count_ = 0;
    std::array<const balancing::Backend*, kAttemptsMax> tried_{};
    std::size_t tried_count_ = 0;
    unsigned tries_used_ = 0;
    unsigned back_offs_ = 0;
    bool is_paid_retry_ = false;              ///< the attempt is a retry out of the budget
    Failure backed_off_for_ = Failure::None;  ///< what stands when there is nobody left to try

    /// Whose fault it is, as far as this request can tell. Said at its end: when another backend
    /// fails it in the same way it is the request that is bad, and nobody is.
    balancing::Backend* suspect_ = nullptr;
    balancing::Fault suspected_of_ = balancing::Fault::Connect;
    bool is_poison_ = false;

    // the response
    Framing framing_;
    std::unique_ptr<net::Relay> relay_;
    balancing::Lease tunnel_lease_;
    const balancing::Backend* answered_by_ = nullptr;

    net::Deadline deadline_;       ///< total, queue, a client that has ended
    net::Deadline pace_deadline_;  ///< looks at both transfers once a second while there are any
    Pace body_pace_;
    Pace write_pace_;
    Time started_{};
    WallTime started_wall_{};
    Time queued_at_{};
    Time total_until_ = Time::max();
    Time queue_until_ = Time::max();
    Time resume_at_ = Time::max();  ///< while BackingOff
    Time grace_until_ = Time::max();
    Duration retry_after_{};  ///< said with 429
    Duration queue_took_{};
    Duration connect_took_{};
    Duration first_byte_took_{};
    std::uint64_t bytes_in_ = 0;
    std::uint64_t bytes_out_ = 0;
    int status_ = 0;
    Failure failure_ = Failure::None;
    Phase phase_ = Phase::Head;
    bool keep_alive_ = true;
    bool is_trusted_ = false;
    bool is_input_paused_ = false;
    bool forwards_expect_ = false;
    bool sent_continue_ = false;
    bool is_discarding_ = false;  ///< the rest of the request is read and thrown away
    bool is_duplex_ = false;      ///< HTTP/2 on both sides: a response may answer half a request
    bool is_pacing_write_ = false;
    bool has_queued_ = false;
    bool has_connected_ = false;
};

}  // namespace fairlead::l7
