/// The balancer as one object: binds, starts the workers and the health monitor, puts new
/// configurations in force, stops in order. Lives on main's thread and loop. `control` and `cli`
/// look at it from there; what changes it is Steering.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "balancing/signals.h"
#include "health/alarm.h"
#include "health/monitor.h"
#include "health/registry.h"
#include "proxy/base/clock.h"
#include "proxy/base/result.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/net/wakeup.h"
#include "proxy/runtime/bindings.h"
#include "proxy/runtime/connection_cap.h"
#include "proxy/runtime/leaving.h"
#include "proxy/runtime/overrides.h"
#include "proxy/runtime/prepare.h"
#include "proxy/runtime/removed_series.h"
#include "proxy/runtime/snapshot.h"
#include "proxy/runtime/worker.h"
#include "proxy/telemetry/access_log.h"
#include "proxy/telemetry/registry.h"

namespace fairlead::runtime {

class Server final : private balancing::Waker, private LeavingObserver {
  public:
    /// Binds everything; nothing is accepted yet.
    /// @param prepared   of a model that loaded without errors
    /// @param overrides  admin states for its backends
    /// @return the server, or all that is in the way: names, addresses
    /// @param inherited  sockets that are open already; may be null
    static Many<std::unique_ptr<Server>> make(net::Loop& loop, Prepared prepared,
                                              const Overrides& overrides = {},
                                              InheritedSockets* inherited = nullptr);
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Before start(): what was known of a backend when a process before this one ended.
    void set_health(std::string_view pool, std::string_view backend, const std::string& address,
                    balancing::State health);
    /// Before start(): called when clients are accepted.
    void on_accepting(std::function<void()> call) { on_accepting_ = std::move(call); }
    /// Before start(): called when secrets behind session tickets are added or forgotten.
    void on_tickets_changed(std::function<void()> call) { on_tickets_changed_ = std::move(call); }
    /// Opens the access log, starts workers and checks. Clients are accepted after the first round
    /// of checks, so that the first request does not meet a backend that is known to be down a
    /// moment later.
    /// @return an error when the log cannot be opened; nothing runs then
    Result<void> start();
    /// Puts a configuration in force, all or nothing: binds what is new, then hands it to the
    /// workers. What runs ends under the configuration it began with; what is gone drains. Not
    /// while stopping, and not before the last one was told of.
    /// @param on_applied  called once: without errors when every worker has it, or with all that
    ///                    is in the way, from within this call; nothing has changed then
    using OnApplied = std::function<void(std::vector<Error>)>;
    void apply(Prepared prepared, const Overrides& overrides, OnApplied on_applied);
    /// Draining, maintenance and back, at once. Does nothing for a backend that is not there.
    void set_admin(std::string_view pool, std::string_view backend, balancing::AdminState admin);
    /// In order, as `[process] stop` says: keep serving for `delay` with /ready 503, close the
    /// listeners, wait for exchanges and tunnels. `on_stopped` is called when all is over.
    void stop(std::function<void()> on_stopped);
    /// The same at once, without `delay`.
    void stop_now(std::function<void()> on_stopped);
    /// The process that handed the listening sockets over has let go of them.
    void take_sockets();
    /// Before stop_now(), when another process goes on with the listening sockets.
    void leave_sockets();
    bool is_stopping() const { return is_stopping_; }
    /// Bound, and the first round of checks is done.
    bool is_ready() const { return is_accepting_ && !is_stopping_; }
    void reopen_logs();

    const Snapshot& snapshot() const { return *snapshot_; }
    const health::Monitor& monitor() const { return *monitor_; }
    health::Monitor& monitor() { return *monitor_; }
    telemetry::Registry& registry() { return *registry_; }
    const RemovedSeries& removed_series() const { return removed_series_; }
    const ConnectionCap& cap() const { return *cap_; }
    unsigned workers() const { return workers_count_; }
    const Bindings& bindings() const { return bindings_; }
    /// The secrets behind session tickets, and for how many workers TLS is to be made.
    TlsMaking tls_making() const { return {ticket_keys_, workers_count_}; }
    /// Of the sticky cookies of pools that name no key file.
    const std::string& sticky_key() const { return sticky_key_; }
    Time started() const { return started_; }
    WallTime started_wall() const { return started_wall_; }

  private:
    Server(net::Loop& loop, unsigned workers);
    void wake(unsigned worker) noexcept override;
    void add_collectors();
    void collect();
    void accept();
    void watch_backends(const Snapshot* previous);
    void let_go(const Snapshot& previous);
    void set_admin_states(const Snapshot& snapshot, const Overrides& overrides);
    std::vector<Worker::Socket> sockets_for(unsigned worker) const;
    static void set_log_level(conf::LogLevel level);
    Result<std::unique_ptr<telemetry::AccessLog>> open_access_log(
        const conf::AccessLog& access) const;
    void on_worker_applied();
    void abort_on(const std::shared_ptr<balancing::Backend>& backend, bool with_exchanges,
                  bool with_tunnels) override;
    void abort_leaving(std::uint64_t generation, bool with_exchanges, bool with_tunnels) override;
    void on_tls_upkeep();
    void warn_of_certificates() const;
    void turn_away();
    void close_listeners();
    void on_stop_deadline();
    void on_worker_drained();
    void finish_stopping();
    void end_workers();

    net::Loop& loop_;
    SystemClock clock_;
    const unsigned workers_count_;
    Time started_{};
    WallTime started_wall_{};
    std::unique_ptr<telemetry::Registry> registry_;
    RemovedSeries removed_series_;
    std::unique_ptr<ConnectionCap> cap_;
    std::shared_ptr<net::TicketKeys> ticket_keys_;
    std::string sticky_key_;
    net::Deadline tls_upkeep_;
    WallTime certificates_told_{};  ///< when the log was last told which expire
    std::shared_ptr<const Snapshot> snapshot_;
    std::unique_ptr<telemetry::AccessLog> access_log_;
    std::unique_ptr<telemetry::AccessLog> access_log_before_;  ///< until no worker writes to it
    std::uint64_t dropped_before_ = 0;                         ///< lines, by logs that are gone
    Bindings bindings_;
    Leaving leaving_;
    health::LoopAlarm alarm_;
    health::SocketProbes probes_;
    std::unique_ptr<health::Monitor> monitor_;
    net::Wakeup wakeup_;
    net::Deadline stop_deadline_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::function<void()> on_stopped_;
    std::function<void()> on_accepting_;
    std::function<void()> on_tickets_changed_;
    unsigned draining_workers_ = 0;
    // ---- a change under way
    unsigned applying_workers_ = 0;
    std::shared_ptr<const Snapshot> snapshot_before_;
    OnApplied on_applied_;
    enum class StopStep : std::uint8_t { Delay, Handshakes, Exchanges, Tunnels, Drain };
    StopStep stop_step_ = StopStep::Delay;
    Time stop_began_{};
    bool is_accepting_ = false;
    bool is_stopping_ = false;
};

/// CPUs this process may use: `workers = "auto"`.
unsigned usable_cpus();
/// As `workers` says.
unsigned workers_of(const conf::Process& process);

}  // namespace fairlead::runtime
