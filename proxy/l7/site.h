/// The configuration as one worker serves it: listeners with their routes, pools with this worker's
/// policy state, queue and idle connections. Built by `runtime` for each worker; lives on its
/// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "balancing/pool.h"
#include "conf/model.h"
#include "proxy/connect/endpoint.h"
#include "proxy/connect/idle_connections.h"
#include "proxy/l7/router.h"
#include "proxy/l7/series.h"
#include "proxy/net/loop.h"

namespace fairlead::l7 {

struct BackendEntry {
    BackendEntry(net::Loop& loop, std::shared_ptr<balancing::Backend> shared_backend,
                 std::shared_ptr<connect::Endpoint> shared_endpoint,
                 const BackendSeries& its_series)
        : backend(std::move(shared_backend)),
          endpoint(std::move(shared_endpoint)),
          idle(loop, *endpoint),
          series(its_series),
          host(backend->address().text()) {}

    std::shared_ptr<balancing::Backend> backend;
    std::shared_ptr<connect::Endpoint> endpoint;
    connect::IdleConnections idle;
    const BackendSeries& series;
    std::string host;  ///< its address, for host_header = "backend"
};

struct PoolEntry {
    PoolEntry(const conf::Pool& its_config, std::shared_ptr<balancing::SharedPool> shared,
              const PoolSeries& its_series, unsigned worker, std::uint64_t seed)
        : config(its_config),
          pool(std::move(shared), worker, seed),
          series(its_series),
          is_hashed(its_config.policy == "hash") {}

    /// The entry of a backend of this pool.
    BackendEntry& entry(const balancing::Backend& backend) { return *by_slot[backend.slot()]; }

    const conf::Pool& config;
    balancing::Pool pool;
    const PoolSeries& series;
    const bool is_hashed;  ///< the policy goes by a key of the request
    std::vector<std::unique_ptr<BackendEntry>> backends;
    std::vector<BackendEntry*> by_slot;  ///< index: Backend::slot(); null for other pools' ones
};

/// What a listener does with the requests of one route, or of none (its own pool).
struct RouteEntry {
    const conf::Route* config = nullptr;  ///< null: the listener's default
    std::string name;                     ///< as in log and metrics
    PoolEntry* pool = nullptr;            ///< null: redirect or fixed status, or nothing at all
    const conf::Retry* retry = nullptr;   ///< the route's, else the pool's
    const conf::Queue* queue = nullptr;
    Duration response_timeout = kForever;
    Duration total_timeout = kForever;
    RouteSeries series{};
};

struct ListenerEntry {
    ListenerEntry(const conf::Model& model, const conf::Listener& its_config)
        : config(its_config), router(model, its_config.name) {}

    const conf::Listener& config;
    Router router;
    std::vector<RouteEntry> routes;  ///< index as in Model::routes
    RouteEntry fallback;             ///< what no route takes
    ListenerSeries series{};
};

struct Site {
    const conf::Model* model = nullptr;
    std::vector<std::unique_ptr<PoolEntry>> pools;
    std::vector<std::unique_ptr<ListenerEntry>> listeners;  ///< index as in Model::listeners
};

}  // namespace fairlead::l7
