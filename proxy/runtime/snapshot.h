/// The immutable result of one configuration: the model, and what lives longer than it (backends,
/// their ways in, metric series), found again by identity. Shared by main and all workers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "balancing/shared_pool.h"
#include "conf/model.h"
#include "conf/settings.h"
#include "proxy/base/result.h"
#include "proxy/connect/pool_entry.h"
#include "proxy/connect/series.h"
#include "proxy/l7/rate_limiter.h"
#include "proxy/net/tls_client.h"
#include "proxy/net/tls_server.h"
#include "proxy/runtime/listener_load.h"
#include "proxy/runtime/prepare.h"
#include "proxy/runtime/removed_series.h"
#include "proxy/telemetry/registry.h"

namespace fairlead::runtime {

/// Immutable. A snapshot in which nothing of the pool has changed has the same object.
struct SnapshotPool {
    std::shared_ptr<const conf::Pool> config;
    std::shared_ptr<balancing::SharedPool> shared;
    connect::PoolSeries series{};
    PoolTls tls;
    std::shared_ptr<const balancing::StickyTable> sticky;  ///< null: it is not sticky
    /// In the configuration's order. Of a backend that has not changed the same object as before.
    std::vector<std::shared_ptr<const connect::SharedBackend>> backends;
};

/// The series of one listener and route (or of none), resolved for its pool. Those of sessions have
/// failures only.
struct SnapshotRoute {
    std::string name;
    std::string pool;  ///< empty: none, or those of the shares
    connect::RouteSeries series{};
    std::vector<SnapshotRoute> shares{};  ///< index as in Route::split
};

/// The workers that still have a listener, or connections of it: from the configuration that brings
/// its name and mode to the one without them, and then until the last connection has ended. When
/// the name comes back, it is another one. Read and written by all threads.
struct ListenerPresence {
    std::atomic<unsigned> slots = 0;
    ListenerLoad load;
};

struct SnapshotListener {
    const conf::Listener* config = nullptr;
    std::shared_ptr<ListenerPresence> presence;
    connect::ListenerSeries series{};
    /// Index as in Model::routes, of other listeners empty; with Mode::Tcp as in Listener::sni.
    std::vector<SnapshotRoute> routes;
    SnapshotRoute fallback;
    /// One for each worker; empty: in clear. The same as long as nothing of `tls` has changed.
    std::vector<std::shared_ptr<net::TlsServer>> tls;
};

struct Snapshot {
    Snapshot() { alive_count().fetch_add(1, std::memory_order_relaxed); }
    ~Snapshot() { alive_count().fetch_sub(1, std::memory_order_relaxed); }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    const SnapshotPool* pool(std::string_view name) const;  ///< null when there is none

    conf::Model model;
    std::shared_ptr<const conf::SettingList> settings;
    std::uint64_t generation = 1;
    std::vector<std::shared_ptr<const SnapshotPool>> pools;  ///< index as in Model::pools
    std::vector<SnapshotListener> listeners;                 ///< index as in Model::listeners
    /// Index as in Model::routes; null: without `rate`. Of a name that had one, the same.
    std::vector<std::shared_ptr<l7::RateLimiter>> limiters;

    /// Snapshots of this process that something still uses.
    static std::atomic<std::size_t>& alive_count();
};

/// A name of the pool leads elsewhere than its backends are.
bool has_moved(const SnapshotPool& pool, const AddressBook& addresses);

/// Makes a snapshot of what was prepared, taking over from the one before all that has not changed.
/// Nothing that serves is touched before commit(). Main thread.
/// @param previous  null at start
/// @param removed   those of a backend that comes back are found there
/// @param waker     outlives the snapshot
/// @return the snapshot, or every error that only shows now: names that do not resolve, with their
///         places
Many<std::shared_ptr<const Snapshot>> assemble(Prepared prepared, const Snapshot* previous,
                                               telemetry::Registry& registry,
                                               RemovedSeries& removed, unsigned workers,
                                               balancing::Waker& waker);

/// `next` comes into force: its weights and limits apply, and what `previous` had and it has not
/// leaves the listing of metrics; its backends are `removed` then. Main thread, before workers
/// learn of it.
void commit(const Snapshot& next, const Snapshot& previous, telemetry::Registry& registry,
            RemovedSeries& removed);
/// The last part of commit; also for a snapshot that does not come into force after all.
void unlist_gone(const Snapshot& gone, const Snapshot& kept, telemetry::Registry& registry,
                 RemovedSeries& removed);

}  // namespace fairlead::runtime
