/// One worker: a thread with a loop, accepting on its own sockets, owning its client connections.
/// Made and commanded by main through messages; everything else happens on its own thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/net/wakeup.h"
#include "proxy/runtime/clients.h"
#include "proxy/runtime/connection_cap.h"
#include "proxy/runtime/site.h"
#include "proxy/runtime/slot.h"
#include "proxy/runtime/snapshot.h"
#include "proxy/telemetry/access_log.h"

namespace fairlead::runtime {

struct WorkerSettings {
    unsigned index = 0;
    std::string instance;  ///< of the process
    std::uint64_t seed = 0;
};

class Worker final : private ClientsObserver {
  public:
    /// The others outlive the worker. The thread runs from here on.
    Worker(WorkerSettings settings, std::shared_ptr<const Snapshot> snapshot,
           telemetry::AccessWriter& access_log, telemetry::Gauge& loop_lag, ConnectionCap& cap);
    ~Worker();  ///< end()
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // ---- commands, from main
    /// A listening socket this worker is to serve.
    struct Socket {
        /// Main's number for the address, and which of the address's sockets it is.
        std::pair<std::uint64_t, std::uint64_t> id;
        std::string listener;  ///< name
        int descriptor = -1;   ///< closed by the worker; -1 for one that it serves already
    };
    /// Serves these and no others: the missing ones are closed after what the kernel has accepted.
    void listen(std::vector<Socket> sockets);
    /// A new configuration. What runs ends under its own; new requests, also on old connections,
    /// come under this one. Connections of listeners that are gone drain.
    struct Change {
        std::shared_ptr<const Snapshot> snapshot;
        std::vector<Socket> sockets;  ///< as for listen()
        bool is_listening = false;    ///< `sockets` is meant
        telemetry::AccessWriter* access_log = nullptr;
        std::function<void()> on_applied;  ///< on this worker's thread
    };
    void apply(Change change);
    /// Time is up for what a reload or an admin call has removed.
    void abort_on(std::shared_ptr<const balancing::Backend> backend, bool with_exchanges,
                  bool with_tunnels);
    /// Clients::leave_backend.
    void leave_backend(std::shared_ptr<const balancing::Backend> backend);
    /// The same for connections of listeners that left with this generation.
    void abort_leaving(std::uint64_t generation, bool with_exchanges, bool with_tunnels);
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
    void enter_site(std::shared_ptr<const Snapshot> snapshot);
    void point_slots(Site& site);
    void drop_empty_slots();
    Slot* find_slot(std::string_view name);
    void set_sockets(std::vector<Socket> sockets);
    static void on_site_unused(void* worker, connect::SiteLife& life) noexcept;
    void on_client_gone() override;
    void adopt(Slot& slot, std::unique_ptr<net::Stream> stream);
    void on_nudge();
    void on_heartbeat();
    void tell_when_drained();
    void update_accepting();

    const WorkerSettings settings_;
    ConnectionCap& cap_;
    telemetry::Gauge& loop_lag_;
    std::unique_ptr<net::Loop> loop_;
    std::unique_ptr<net::Wakeup> wakeup_;
    std::vector<std::unique_ptr<Site>> sites_;  ///< the present one is last
    connect::SiteUse present_;                  ///< of the last one
    std::vector<std::unique_ptr<Slot>> slots_;
    std::unique_ptr<net::Deadline> heartbeat_;
    Time heartbeat_due_{};
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::unique_ptr<Clients> clients_;
    std::function<void()> on_drained_;
    bool is_accepting_paused_ = false;  ///< at one socket at least
    Time pause_logged_ = Time::min();
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace fairlead::runtime
