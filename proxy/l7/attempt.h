/// One try of a request on one backend: gets a connection, sends what it is given, hears the
/// response. Knows nothing of clients, routes or retries: it talks to its exchange in messages.
/// Reused for the next try. Lives on its worker's thread, inside its exchange.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "balancing/lease.h"
#include "proxy/connect/connector.h"
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

class Attempt final : private net::StreamObserver, private connect::ConnectObserver {
  public:
    Attempt(net::Loop& loop, AttemptObserver& observer);
    ~Attempt();
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    /// A connection used so recently is not about to be closed by the backend.
    static constexpr Duration kVeryFresh = std::chrono::seconds{1};
    /// Which connections may be used.
    enum class Reuse : std::uint8_t { Any, VeryFresh, None };
    /// Begins; on_attempt_ready may come before this returns when a connection is at hand.
    void start(connect::BackendEntry& backend, balancing::Lease lease,
               const AttemptSettings& settings, Reuse reuse, unsigned worker);
    /// The same on a connection the client keeps for itself (NTLM).
    void start_on(std::unique_ptr<connect::BackendConnection> connection,
                  connect::BackendEntry& backend, balancing::Lease lease,
                  const AttemptSettings& settings, unsigned worker);

    /// Writes the parts of the request in order.
    /// @return false when the connection is broken: the attempt has failed, on_attempt_failed is
    ///         not called
    bool send(const RequestPart& part);
    std::size_t queued_bytes() const;

    void pause_reading();
    void resume_reading();

    /// Ends it now: the connection is closed unless the response was whole, the lease given back.
    void cancel();
    /// After a response that is kept private (NTLM): hands over the connection, if it is still
    /// good.
    std::unique_ptr<connect::BackendConnection> take_private_connection();
    /// After on_switched: hands over the connection and the lease.
    std::unique_ptr<connect::BackendConnection> take_tunnel(balancing::Lease& lease);

    /// Neither failed nor done with its response.
    bool is_running() const { return phase_ != Phase::Idle && phase_ != Phase::Done; }
    /// send() may be called.
    bool is_ready() const { return connection_ != nullptr; }
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
    const std::string& trailers() const { return decoder_.trailers(); }
    Time started() const { return started_; }
    Duration connect_took() const { return connect_took_; }  ///< zero on a reused connection
    Time head_at() const { return head_at_; }

  private:
    enum class Phase : std::uint8_t { Idle, Connecting, Waiting, Body, Done };

    void begin(connect::BackendEntry& backend, balancing::Lease lease,
               const AttemptSettings& settings, unsigned worker);
    void use(std::unique_ptr<connect::BackendConnection> connection);

    void on_connect_done(std::unique_ptr<net::Stream> stream) override;
    void on_connect_failed(Failure failure) override;
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_broken(Failure failure) override;
    void on_deadline();

    void on_head(std::span<char> rest);
    void on_body(std::span<char> bytes);
    bool is_wanted_switch() const;
    bool authenticates_connection() const;
    void settle(bool is_clean);
    bool is_stale() const;
    bool hear_rest();
    void fail(Failure failure);
    void count(Failure failure);
    void close_connection();
    void arm(Duration timeout);

    net::Loop& loop_;
    AttemptObserver& observer_;
    connect::Connector connector_;
    net::Deadline deadline_;
    std::unique_ptr<connect::BackendConnection> connection_;
    connect::BackendEntry* backend_ = nullptr;
    balancing::Lease lease_;
    AttemptSettings settings_{};
    http::ResponseParser parser_;
    http::ResponseHead head_;
    http::BodyDecoder decoder_;
    Time started_{};
    Time try_until_ = Time::max();
    Time due_ = Time::max();  ///< of deadline_, which may be armed for earlier
    Time head_at_{};
    Duration connect_took_{};
    std::size_t queued_before_ = 0;
    unsigned worker_ = 0;
    unsigned interim_count_ = 0;
    Phase phase_ = Phase::Idle;
    Failure send_failure_ = Failure::None;
    bool has_written_ = false;
    bool is_request_sent_ = false;
    bool is_write_broken_ = false;  ///< the rest of the request is of no use to the backend
    bool was_reused_ = false;
    bool is_private_ = false;
    bool is_paused_ = false;
};

}  // namespace fairlead::l7
