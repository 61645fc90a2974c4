/// One snapshot takes the place of another.
#include <unordered_set>

#include "proxy/runtime/series.h"
#include "proxy/runtime/snapshot.h"

namespace fairlead::runtime {
namespace {

std::string key(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) text.append(part).append(1, '\0');
    return text;
}

/// Calls back with the path of each certificate of a listener.
void for_each_certificate(const SnapshotListener& listener, auto&& call) {
    if (listener.tls.empty()) return;
    for (const auto& each : listener.tls.front()->settings().certificates) call(each->path());
}

/// Calls back for each route of a listener, its default among them.
void for_each_route(const SnapshotListener& listener, auto&& call) {
    for (const SnapshotRoute& route : listener.routes) {
        for (const SnapshotRoute& share : route.shares) call(share);
        if (!route.name.empty() && route.shares.empty()) call(route);
    }
    call(listener.fallback);
}

}  // namespace

void commit(const Snapshot& next, const Snapshot& previous, telemetry::Registry& registry,
            RemovedSeries& removed) {
    std::unordered_set<const SnapshotPool*> unchanged;
    for (const auto& pool : previous.pools) unchanged.insert(pool.get());
    for (const auto& pool : next.pools) {
        if (unchanged.contains(pool.get())) continue;
        pool->shared->commit();
        for (const auto& each : pool->backends) {
            removed.take_out(pool->config->name, each->backend->name());
        }
    }
    unlist_gone(previous, next, registry, removed);
}

void unlist_gone(const Snapshot& gone, const Snapshot& kept, telemetry::Registry& registry,
                 RemovedSeries& removed) {
    SeriesMaker series(registry, SeriesMaker::Mode::Unlist);
    std::unordered_set<std::string> stays;
    std::unordered_set<const SnapshotPool*> unchanged;
    for (const auto& pool : kept.pools) {
        stays.insert(key({"pool", pool->config->name}));
        unchanged.insert(pool.get());
    }
    for (const auto& pool : gone.pools) {
        const std::string& name = pool->config->name;
        if (unchanged.contains(pool.get())) continue;
        const SnapshotPool* const now = kept.pool(name);
        if (now == nullptr) series.pool(name);
        std::unordered_set<std::string_view> members;
        if (now != nullptr) {
            for (const auto& each : now->backends) members.insert(each->backend->name());
        }
        for (const auto& each : pool->backends) {
            const std::string& backend = each->backend->name();
            if (members.contains(backend)) continue;
            series.backend(name, backend);
            removed.add(name, backend, each->series);
        }
    }
    for (const SnapshotListener& listener : kept.listeners) {
        const std::string& name = listener.config->name;
        stays.insert(key({"listener", name}));
        stays.insert(key({"failures", name, ""}));
        for_each_certificate(listener, [&](const std::string& path) {
            stays.insert(key({"certificate", name, path}));
        });
        for_each_route(listener, [&](const SnapshotRoute& route) {
            stays.insert(key({"requests", name, route.name, route.pool}));
            stays.insert(key({"failures", name, route.pool}));
        });
    }
    for (const SnapshotListener& listener : gone.listeners) {
        const std::string& name = listener.config->name;
        if (!stays.contains(key({"listener", name}))) series.listener(name);
        for_each_certificate(listener, [&](const std::string& path) {
            if (!stays.contains(key({"certificate", name, path}))) series.certificate(name, path);
        });
        for_each_route(listener, [&](const SnapshotRoute& route) {
            if (!stays.contains(key({"requests", name, route.name, route.pool}))) {
                series.route_requests(name, route.name, route.pool);
            }
            if (!stays.contains(key({"failures", name, route.pool}))) {
                series.route_failures(name, route.pool);
            }
        });
    }
}

}  // namespace fairlead::runtime
