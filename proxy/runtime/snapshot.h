/// The immutable result of one configuration: the model, and what lives longer than it (backends,
/// their ways in, metric series), found by name. Shared by main and all workers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "balancing/shared_pool.h"
#include "conf/model.h"
#include "proxy/base/result.h"
#include "proxy/connect/endpoint.h"
#include "proxy/l7/series.h"
#include "proxy/l7/site.h"
#include "proxy/telemetry/registry.h"

namespace fairlead::runtime {

struct SnapshotBackend {
    std::shared_ptr<balancing::Backend> backend;
    std::shared_ptr<connect::Endpoint> endpoint;
    l7::BackendSeries series{};
};

struct SnapshotPool {
    const conf::Pool* config = nullptr;
    std::shared_ptr<balancing::SharedPool> shared;
    l7::PoolSeries series{};
    std::vector<SnapshotBackend> backends;  ///< in the configuration's order
};

/// The series of one listener and route (or of none), resolved for its pool.
struct SnapshotRoute {
    std::string name;
    l7::RouteSeries series{};
};

struct SnapshotListener {
    const conf::Listener* config = nullptr;
    l7::ListenerSeries series{};
    std::vector<SnapshotRoute> routes;  ///< index as in Model::routes
    SnapshotRoute fallback;
};

struct Snapshot {
    conf::Model model;
    std::uint64_t generation = 1;
    std::vector<SnapshotPool> pools;          ///< index as in Model::pools
    std::vector<SnapshotListener> listeners;  ///< index as in Model::listeners
};

/// Makes everything of a model that loaded without errors. Resolves backend names (blocks); main
/// thread, before workers learn of the snapshot.
/// @param waker  outlives the snapshot
/// @return the snapshot, or every error that only shows now: names that do not resolve, with their
///         places
Many<std::shared_ptr<const Snapshot>> assemble(conf::Model model, telemetry::Registry& registry,
                                               unsigned workers, balancing::Waker& waker);

/// One worker's view of it. On that worker's thread, or before it runs.
std::unique_ptr<l7::Site> make_site(const Snapshot& snapshot, net::Loop& loop, unsigned worker,
                                    std::uint64_t seed);

}  // namespace fairlead::runtime
