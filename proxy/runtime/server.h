/// The balancer as one object: binds, starts the workers and the health monitor, stops in order.
/// Lives on main's thread and loop. `control` and `cli` look at it from there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balancing/signals.h"
#include "conf/model.h"
#include "health/alarm.h"
#include "health/monitor.h"
#include "health/registry.h"
#include "proxy/base/clock.h"
#include "proxy/base/result.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/net/wakeup.h"
#include "proxy/runtime/connection_cap.h"
#include "proxy/runtime/snapshot.h"
#include "proxy/runtime/worker.h"
#include "proxy/telemetry/access_log.h"
#include "proxy/telemetry/registry.h"

namespace fairlead::runtime {

class Server final : private balancing::Waker {
  public:
    /// Binds everything; nothing is accepted yet.
    /// @param model  loaded without errors
    /// @return the server, or all that is in the way: names, addresses, the log
    static Many<std::unique_ptr<Server>> make(net::Loop& loop, conf::Model model);
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Starts workers and checks. Clients are accepted after the first round of checks, so that the
    /// first request does not meet a backend that is known to be down a moment later.
    void start();
    /// In order, as `[process] stop` says: keep serving for `delay` with /ready 503, close the
    /// listeners, wait for exchanges and tunnels. `on_stopped` is called when all is over.
    void stop(std::function<void()> on_stopped);
    bool is_stopping() const { return is_stopping_; }
    /// Bound, and the first round of checks is done.
    bool is_ready() const { return is_accepting_ && !is_stopping_; }
    void reopen_logs();

    const Snapshot& snapshot() const { return *snapshot_; }
    const health::Monitor& monitor() const { return *monitor_; }
    telemetry::Registry& registry() { return *registry_; }
    const ConnectionCap& cap() const { return *cap_; }
    unsigned workers() const { return workers_count_; }
    /// One address of a listener, in the order of the configuration.
    struct Bound {
        std::size_t listener = 0;
        BindAddress address;                    ///< as bound, with the real port
        std::optional<net::SocketSet> sockets;  ///< nothing once the listeners are closed
    };
    const std::vector<Bound>& bound() const { return bound_; }
    Time started() const { return started_; }
    WallTime started_wall() const { return started_wall_; }

  private:
    Server(net::Loop& loop, unsigned workers);
    void wake(unsigned worker) noexcept override;
    void add_collectors();
    void collect();
    void accept();
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
    std::unique_ptr<ConnectionCap> cap_;
    std::shared_ptr<const Snapshot> snapshot_;
    std::unique_ptr<telemetry::AccessLog> access_log_;
    std::vector<Bound> bound_;
    health::LoopAlarm alarm_;
    health::SocketProbes probes_;
    std::unique_ptr<health::Monitor> monitor_;
    net::Wakeup wakeup_;
    net::Deadline stop_deadline_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::function<void()> on_stopped_;
    unsigned draining_workers_ = 0;
    enum class StopStep : std::uint8_t { Delay, Drain, Exchanges, Tunnels };
    StopStep stop_step_ = StopStep::Delay;
    Time stop_began_{};
    bool is_accepting_ = false;
    bool is_stopping_ = false;
};

/// CPUs this process may use: `workers = "auto"`.
unsigned usable_cpus();

}  // namespace fairlead::runtime
