#include "proxy/runtime/site.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "proxy/runtime/tls_material.h"

namespace fairlead::runtime {
namespace {

connect::KeepaliveSettings keepalive(const conf::Pool& pool) {
    return {pool.keepalive.learns, pool.keepalive.idle, pool.keepalive.per_backend,
            pool.keepalive.max_requests, pool.keepalive.max_age};
}

std::shared_ptr<connect::PoolEntry> make_pool(const SnapshotPool& pool,
                                              const std::shared_ptr<connect::PoolEntry>& before,
                                              net::Loop& loop, unsigned worker,
                                              std::uint64_t seed) {
    if (before != nullptr && before->pool.shared() == pool.shared) return before;
    auto entry =
        std::make_shared<connect::PoolEntry>(pool.config, pool.shared, pool.series, worker, seed);
    const connect::KeepaliveSettings bounds = keepalive(*pool.config);
    if (pool.config->tls) entry->tls = pool.tls.of_workers[worker];
    entry->sticky = pool.sticky;
    entry->backends.reserve(pool.backends.size());
    for (std::size_t index = 0; index < pool.backends.size(); ++index) {
        const auto& shared = pool.backends[index];
        std::string name;
        if (pool.config->tls) name = tls_name(*pool.config, pool.config->backends[index]);
        connect::BackendEntry* const same =
            before == nullptr ? nullptr : before->find(*shared->backend);
        // Connections that were made by other rules are of no use any more.
        const bool is_h2 = pool.config->http == conf::BackendHttp::V2;
        const bool is_same = same != nullptr && same->shared == shared && same->tls == entry->tls &&
                             same->tls_name == name && (same->h2 != nullptr) == is_h2;
        if (is_same) {
            same->idle.set_bounds(bounds);
            entry->add(same->shared_from_this());
        } else {
            auto made = std::make_shared<connect::BackendEntry>(loop, shared, bounds, entry->tls,
                                                                std::move(name));
            if (is_h2) made->h2 = std::make_unique<connect::H2Connections>(loop, *made, worker);
            entry->add(std::move(made));
        }
    }
    return entry;
}

using Pools = std::unordered_map<std::string_view, connect::PoolEntry*>;

/// @param limiter  null: without `rate`
l7::RouteEntry make_route(const Pools& pools, const conf::Route* config,
                          const SnapshotRoute& snapshot, l7::RateLimiter* limiter) {
    l7::RouteEntry route;
    route.config = config;
    route.limiter = limiter;
    if (limiter != nullptr) {
        const conf::Rate& rate = *config->rate;
        route.rate = {rate.period / static_cast<std::int64_t>(rate.requests), rate.burst};
    }
    route.name = snapshot.name;
    route.series = snapshot.series;
    if (!snapshot.shares.empty()) {
        std::vector<std::uint32_t> weights;
        for (const conf::SplitShare& share : config->split) weights.push_back(share.weight);
        route.split.emplace(weights);
        for (const SnapshotRoute& share : snapshot.shares) {
            route.shares.push_back(make_route(pools, config, share, limiter));
        }
        return route;
    }
    const auto found = pools.find(snapshot.pool);
    if (found == pools.end()) return route;
    route.pool = found->second;
    const conf::Pool& of_pool = route.pool->config;
    route.retry = config != nullptr && config->retry ? &*config->retry : &of_pool.retry;
    route.queue = config != nullptr && config->queue ? &*config->queue : &of_pool.queue;
    route.response_timeout = of_pool.timeouts.response;
    route.total_timeout = of_pool.timeouts.total;
    if (config != nullptr && config->timeouts.response) {
        route.response_timeout = *config->timeouts.response;
    }
    if (config != nullptr && config->timeouts.total) route.total_timeout = *config->timeouts.total;
    return route;
}

std::unique_ptr<l7::ListenerEntry> make_http_listener(const Pools& pools, const Snapshot& snapshot,
                                                      const SnapshotListener& listener,
                                                      connect::SiteLife& life) {
    auto entry = std::make_unique<l7::ListenerEntry>(snapshot.model, *listener.config, life);
    entry->series = listener.series;
    for (std::size_t index = 0; index < snapshot.model.routes.size(); ++index) {
        entry->routes.push_back(make_route(pools, &snapshot.model.routes[index],
                                           listener.routes[index], snapshot.limiters[index].get()));
    }
    entry->fallback = make_route(pools, nullptr, listener.fallback, nullptr);
    return entry;
}

std::unique_ptr<l4::ListenerEntry> make_tcp_listener(const Pools& pools,
                                                     const SnapshotListener& listener,
                                                     connect::SiteLife& life) {
    const auto route = [&](const SnapshotRoute& each) {
        const auto pool = pools.find(each.pool);
        return l4::RouteEntry{each.name, pool == pools.end() ? nullptr : pool->second,
                              each.series.failures};
    };
    auto entry = std::make_unique<l4::ListenerEntry>(*listener.config, life);
    entry->series = listener.series;
    for (const SnapshotRoute& each : listener.routes) entry->sni.push_back(route(each));
    entry->fallback = route(listener.fallback);
    return entry;
}

}  // namespace

void build_site(Site& site, const Site* previous, net::Loop& loop, unsigned worker,
                std::uint64_t seed) {
    std::unordered_map<std::string_view, std::shared_ptr<connect::PoolEntry>> before;
    if (previous != nullptr) {
        for (const auto& pool : previous->pools) before.emplace(pool->config.name, pool);
    }
    const Snapshot& snapshot = *site.snapshot;
    Pools pools;
    for (const auto& pool : snapshot.pools) {
        const auto found = before.find(pool->config->name);
        site.pools.push_back(make_pool(*pool, found == before.end() ? nullptr : found->second, loop,
                                       worker, seed + site.pools.size()));
        pools.emplace(pool->config->name, site.pools.back().get());
    }
    for (const SnapshotListener& listener : snapshot.listeners) {
        if (listener.config->mode == conf::Mode::Http) {
            site.http_listeners.push_back(make_http_listener(pools, snapshot, listener, site.life));
        } else {
            site.tcp_listeners.push_back(make_tcp_listener(pools, listener, site.life));
        }
    }
}

}  // namespace fairlead::runtime
