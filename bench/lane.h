/// One target's share of the load on one thread: a schedule, some connections, and what they saw.
/// A planned start waits until a connection is free; it is never dropped, and its latency counts
/// from when it was planned. Lives on, and is touched by, its loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/load_run.h"
#include "bench/prepared_request.h"
#include "bench/run_report.h"
#include "bench/schedule.h"
#include "bench/tally.h"
#include "proxy/base/failure.h"
#include "proxy/base/random.h"
#include "proxy/net/loop.h"
#include "proxy/net/precise_timer.h"
#include "proxy/net/stream.h"
#include "proxy/net/tls_client.h"

namespace fairlead::bench {

class H2Load;
class LoadSlot;

struct LaneSettings {
    Target target;
    bool is_closed = false;
    bool is_poisson = false;
    double rate = 0;   ///< of this lane, starts a second, open loop
    double phase = 0;  ///< see Schedule::constant
    unsigned connections = 1;
    unsigned streams = 1;  ///< requests at a time on a connection of HTTP/2
    Duration timeout = std::chrono::seconds(10);
    std::uint64_t requests_per_connection = 0;  ///< 0: as many as the peer takes
    bool resumes_tls = false;
    std::string id_series{};     ///< empty: requests carry no X-Bench-Id
    std::uint64_t id_first = 0;  ///< numbers are id_first + k * id_step: lanes of
    std::uint64_t id_step = 1;   ///< one series interleave, so they leave no gaps
    std::uint64_t seed = 1;
};

/// How one request went.
struct RequestEnd {
    Outcome outcome = Outcome::Ok;
    Time planned{};
    Time sent{};
    Time ended{};
};

class Lane {
  public:
    Lane(net::Loop& loop, LaneSettings settings);
    ~Lane();  ///< closes everything; requests under way get no result
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    /// Sends by a schedule that begins at `begin`, which may lie a little in the past: all lanes of
    /// a run begin together. Requests planned before `measured_from` are sent and not counted.
    /// @param end  nothing is planned from then on; Time::max(): until stop()
    void start(Time begin, Time measured_from, Time end);
    /// Nothing is planned from now on; what is planned and not yet sent still is.
    void stop();
    /// Nothing under way, and nothing planned that waits. Only after the end.
    bool is_idle() const;
    /// Nothing more is sent, not even what is planned and late; what is under way may still end.
    void halt();
    /// Counts what is planned and not sent, or not answered, as timed out; nothing more is sent.
    void give_up();

    /// What was counted since the last call.
    Tally take();
    /// Planned and not yet sent, now.
    std::uint64_t late();
    /// Requests that are with the other side, now.
    std::uint64_t under_way() const;
    /// Requests of which at least a byte was written, in the warm-up too.
    std::uint64_t requests_sent() const { return requests_sent_; }
    /// What ran out, and the cure; empty: nothing on this machine ran out.
    std::string_view shortage() const { return shortage_; }
    /// What its handshakes have agreed on, each once; of the warm-up's, too.
    const std::vector<TlsAgreement>& agreements() const { return agreements_; }

    // ---- for its connections
    net::Loop& loop() { return loop_; }
    const LaneSettings& settings() const { return settings_; }
    /// Null for a target in clear.
    const std::shared_ptr<net::TlsClient>& tls() const { return tls_; }
    /// The next request to send, and the number it carries.
    PreparedRequest& draw() { return mix_.draw(mix_.is_single() ? 0 : random_.next()); }
    std::uint64_t next_id();
    void count_sent_request(bool is_reused);
    /// A connection is there, its handshake done.
    void count_opened(const net::Stream& stream);
    void count_sent_bytes(std::uint64_t bytes) { tally_.bytes_sent += bytes; }
    void count_received_bytes(std::uint64_t bytes) { tally_.bytes_received += bytes; }
    /// Connecting failed. Remembers what ran out, when something of this machine's did.
    Outcome no_connection(Failure failure);
    /// A slot's request has ended; it is free for the next one.
    void on_ended(LoadSlot& slot, const RequestEnd& end);

  private:
    void on_timer();
    void dispatch(Time now);
    void make_slots();
    void send(LoadSlot& slot, Time planned, Time now);
    void count_slip(Time planned);
    void arm();
    bool is_due(Time now) const { return schedule_->next() <= now && schedule_->next() < end_; }

    net::Loop& loop_;
    const LaneSettings settings_;
    const std::shared_ptr<net::TlsClient> tls_;
    RequestMix mix_;
    Random random_;
    std::unique_ptr<net::PreciseTimer> timer_;
    std::vector<std::unique_ptr<H2Load>> h2_;  ///< whose streams the slots are; none else
    std::vector<std::unique_ptr<LoadSlot>> slots_;
    /// The one idle for longest is used next, so that all are used.
    std::deque<LoadSlot*> free_;
    std::optional<Schedule> schedule_;  ///< what is sent next; absent in a closed loop
    std::optional<Schedule> planned_;   ///< the same, as far as it has been counted
    Time measured_from_ = Time::max();
    Time end_ = Time::min();
    Time slipped_until_ = Time::min();  ///< what was planned by then waited for the generator
    std::size_t busy_ = 0;
    std::uint64_t late_ = 0;  ///< counted as planned, not yet sent
    std::uint64_t next_id_;
    std::uint64_t requests_sent_ = 0;
    std::string_view shortage_{};
    std::vector<TlsAgreement> agreements_;  ///< different ones, of its handshakes
    Tally tally_;
};

}  // namespace fairlead::bench
