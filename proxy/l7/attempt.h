/// One try of a request on one backend: gets a connection, sends what it is given, hears the
/// response. Knows nothing of clients, routes or retries: it talks to its exchange in messages.
/// What it speaks is its kind's: H1Attempt, H2Attempt. Reused for the next try. Lives on its
/// worker's thread, with its exchange.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "balancing/lease.h"
#include "proxy/connect/idle_connections.h"
#include "proxy/http/body_decoder.h"
#include "proxy/http/h1_parser.h"
#include "proxy/l7/site.h"
#include "proxy/net/loop.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::l7 {

/// The exchange, as an attempt sees it. Each call is the last thing the attempt does.
class AttemptObserver {
  public:
    /// There is a connection: send the head and what is held of the body.
    virtual void on_attempt_ready() = 0;
    /// A 1xx other than 101.
    virtual void on_interim_response(const http::ResponseHead& head) = 0;
    /// The final head with the first bytes of the body, and whether that was all of it.
    virtual void on_response(const http::ResponseHead& head, std::string_view payload,
                             bool is_done) = 0;
    virtual void on_response_body(std::string_view payload, bool is_done) = 0;
    /// The backend has switched protocols as asked. `rest` follows the head.
    virtual void on_switched(const http::ResponseHead& head, std::string_view rest) = 0;
    /// What was queued to the backend has been sent.
    virtual void on_attempt_drained() = 0;
    /// It is over without a (whole) response.
    virtual void on_attempt_failed(Failure failure) = 0;

  protected:
    ~AttemptObserver() = default;
};

/// What of a request goes to the backend at a time. The head is HTTP/1.1 text whatever the backend
/// speaks.
struct RequestPart {
    std::string_view announcement{};  ///< a PROXY header in front of the first head
    std::string_view head{};          ///< whole; empty when it has been sent before
    std::string_view payload{};
    std::string_view trailers{};  ///< whole lines; with is_last only
    bool is_chunked = false;      ///< the head announced chunks, which HTTP/1.1 has to write
    bool is_last = true;
};

struct AttemptSettings {
    Duration connect_timeout;
    Duration response_timeout;  ///< request sent to response head
    Duration idle_timeout;      ///< between body bytes, either way
    Duration try_timeout;       ///< the whole attempt
    http::Method method = http::Method::Get;
    std::string_view upgrade;  ///< the protocols the client may switch to, as forwarded; or empty
    /// The connection begins with a PROXY header that names this client: nobody else may have it.
    bool is_announced = false;
    /// That header, where TLS follows it; it is copied. In clear it is a part of the request.
    std::string_view announcement{};
};

class Attempt {
  public:
    virtual ~Attempt() = default;
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    /// A connection used so recently is not about to be closed by the backend.
    static constexpr Duration kVeryFresh = std::chrono::seconds{1};
    /// Which connections may be used.
    enum class Reuse : std::uint8_t { Any, VeryFresh, None };
    /// Begins; on_attempt_ready may come before this returns when a connection is at hand.
    virtual void start(connect::BackendEntry& backend, balancing::Lease lease,
                       const AttemptSettings& settings, Reuse reuse, unsigned worker) = 0;

    /// Writes the parts of the request in order.
    /// @return false when the connection is broken: the attempt has failed, on_attempt_failed is
    ///         not called
    virtual bool send(const RequestPart& part) = 0;
    virtual std::size_t queued_bytes() const = 0;

    virtual void pause_reading() = 0;
    virtual void resume_reading() = 0;

    /// Ends it now: what is shared or reused is left to others only when the response was whole.
    /// The lease is given back.
    virtual void cancel() = 0;
    /// After a response that is kept private (NTLM): hands over the connection, if it is still
    /// good. Null where there is no such thing.
    virtual std::unique_ptr<connect::BackendConnection> take_private_connection() {
        return nullptr;
    }
    /// After on_switched: hands over the connection and the lease.
    virtual std::unique_ptr<connect::BackendConnection> take_tunnel(balancing::Lease&) {
        return nullptr;
    }

    /// Neither failed nor done with its response.
    bool is_running() const { return phase_ != Phase::Idle && phase_ != Phase::Done; }
    /// send() may be called.
    virtual bool is_ready() const = 0;
    /// Its connection has carried a request before.
    bool is_reused() const { return was_reused_; }
    /// Not a byte has been given to the kernel.
    bool nothing_written() const { return !has_written_; }
    bool is_request_sent() const { return is_request_sent_; }
    /// Why send() returned false.
    Failure send_failure() const { return send_failure_; }
    connect::BackendEntry& backend() { return *backend_; }
    balancing::Lease& lease() { return lease_; }
    const balancing::Lease& lease() const { return lease_; }
    const http::ResponseHead& head() const { return head_; }
    virtual const std::string& trailers() const = 0;
    Time started() const { return started_; }
    Duration connect_took() const { return connect_took_; }  ///< zero on a reused connection
    Time head_at() const { return head_at_; }

  protected:
    enum class Phase : std::uint8_t { Idle, Connecting, Waiting, Body, Done };
    /// A backend that sends nothing but interim responses is not let go on for ever.
    static constexpr unsigned kInterimResponsesMax = 32;
    /// Of a backend's head: our own bounds, wider than a client's default.
    static constexpr http::HeadLimits kResponseLimits{64 * 1024, 256, 0};

    Attempt(net::Loop& loop, AttemptObserver& observer);

    void begin(connect::BackendEntry& backend, balancing::Lease lease,
               const AttemptSettings& settings, unsigned worker);
    /// on_due() follows after so much time, or when that of the whole attempt is over.
    void arm(Duration timeout);
    void disarm() { deadline_.clear(); }
    virtual void on_due() = 0;
    /// It waits for a backend that reads slowly, and does read: armed anew then.
    bool is_still_reading();
    /// The request has been sent: its response is waited for. In steps, as a backend that is gone
    /// without a word shows earlier.
    void arm_for_response();
    /// The time waited for is not over yet: armed anew then.
    bool is_still_waiting();
    void arm_after_send(bool is_last);
    void count(Failure failure);

    net::Loop& loop_;
    AttemptObserver& observer_;
    connect::BackendEntry* backend_ = nullptr;
    balancing::Lease lease_;
    AttemptSettings settings_{};
    http::ResponseParser parser_;
    http::ResponseHead head_;
    http::BodyDecoder decoder_;
    Time started_{};
    Time try_until_ = Time::max();
    Time response_until_ = Time::max();
    Time head_at_{};
    Duration connect_took_{};
    std::size_t queued_before_ = 0;
    unsigned worker_ = 0;
    unsigned interim_count_ = 0;
    Phase phase_ = Phase::Idle;
    Failure send_failure_ = Failure::None;
    bool has_written_ = false;
    bool is_request_sent_ = false;
    bool was_reused_ = false;
    bool is_paused_ = false;

  private:
    void on_deadline();

    net::Deadline deadline_;
    Time due_ = Time::max();  ///< of deadline_, which may be armed for earlier
};

}  // namespace fairlead::l7
