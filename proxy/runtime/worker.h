/// One worker: a thread with a loop, accepting on its own sockets, owning its client connections.
/// Made and commanded by main through messages; everything else happens on its own thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "proxy/base/random.h"
#include "proxy/l7/client_connection.h"
#include "proxy/l7/context.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/net/wakeup.h"
#include "proxy/runtime/connection_cap.h"
#include "proxy/runtime/snapshot.h"
#include "proxy/telemetry/access_log.h"

namespace fairlead::runtime {

struct WorkerSettings {
    unsigned index = 0;
    std::string instance;  ///< of the process
    std::uint64_t seed = 0;
};

class Worker final : private l7::ClientConnectionOwner {
  public:
    /// `snapshot` outlives the worker, as do the others. The thread runs from here on.
    Worker(WorkerSettings settings, const Snapshot& snapshot, telemetry::AccessWriter& access_log,
           telemetry::Gauge& loop_lag, ConnectionCap& cap);
    ~Worker();  ///< end()
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // ---- commands, from main
    /// @param sockets  one descriptor for each address, closed by the worker; `listener` is the
    ///                 index in the snapshot
    struct Socket {
        std::size_t listener = 0;
        int descriptor = -1;
    };
    void listen(std::vector<Socket> sockets);
    /// Accepts no more, closes what is idle, lets the rest end. `on_drained` is called on this
    /// worker's thread when nothing is left.
    void drain(std::function<void()> on_drained);
    /// Ends what is still running of them. Idle and lingering connections go with the exchanges.
    void abort(bool with_exchanges, bool with_tunnels);
    /// Ends everything at once and joins; the object stays, so that others may still wake it.
    /// Nothing else may be asked of it afterwards.
    void end();
    /// Leases came free: waiters look again. Any thread; does not allocate.
    void wake() noexcept { wakeup_->nudge(); }

  private:
    class Acceptor;

    void run();
    void on_client_closed(l7::ClientConnection& connection) override;
    void adopt(l7::ListenerEntry& listener, std::unique_ptr<net::Stream> stream);
    void on_nudge();
    void on_heartbeat();
    void tell_when_drained();
    void pause_accepting(bool is_paused);

    const WorkerSettings settings_;
    ConnectionCap& cap_;
    telemetry::Gauge& loop_lag_;
    std::unique_ptr<net::Loop> loop_;
    std::unique_ptr<net::Wakeup> wakeup_;
    std::unique_ptr<l7::Context> context_;
    std::unique_ptr<l7::Site> site_;
    std::unique_ptr<net::Deadline> heartbeat_;
    Time heartbeat_due_{};
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::vector<std::unique_ptr<l7::ClientConnection>> connections_;
    std::function<void()> on_drained_;
    bool is_accepting_paused_ = false;
    std::thread thread_;
};

}  // namespace fairlead::runtime
