#include <algorithm>
#include <limits>
#include <utility>

#include "proxy/base/failure.h"
#include "proxy/net/resolver.h"
#include "proxy/runtime/snapshot.h"

namespace fairlead::runtime {
namespace {

using telemetry::Metric;
using telemetry::Registry;

/// A retry budget of "none" is infinite in the model.
balancing::RetryBudgetSettings retry_budget(const conf::Retry& retry) {
    balancing::RetryBudgetSettings settings;
    settings.fraction = retry.budget;
    return settings;
}

std::uint32_t limit(std::uint64_t count) {
    return count == kUnlimited ? balancing::kNoLimit
                               : static_cast<std::uint32_t>(
                                     std::min<std::uint64_t>(count, balancing::kNoLimit - 1));
}

balancing::PoolSettings pool_settings(const conf::Pool& pool) {
    balancing::PoolSettings settings;
    settings.policy = pool.policy;
    settings.policy_settings.hash.bound = pool.hash.bound;
    settings.slow_start = {pool.slow_start.over, pool.slow_start.from};
    settings.queue.size = pool.queue.size;
    settings.retry_budget = retry_budget(pool.retry);
    settings.when_all_down = pool.when_all_down == conf::WhenAllDown::Try
                                 ? balancing::WhenAllDown::Try
                                 : balancing::WhenAllDown::Fail;
    return settings;
}

l7::ClassCounters class_counters(auto&& make) {
    static constexpr std::string_view kClasses[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
    l7::ClassCounters counters{};
    for (std::size_t index = 1; index < counters.size(); ++index) {
        counters[index] = &make(kClasses[index]);
    }
    return counters;
}

l7::FailureCounters failure_counters(auto&& make) {
    l7::FailureCounters counters{};
    for (const FailureRow& each : failures()) {
        if (each.failure == Failure::None) continue;
        counters[static_cast<std::size_t>(each.failure)] = &make(each.word);
    }
    return counters;
}

l7::BackendSeries backend_series(Registry& registry, const std::string& pool,
                                 const std::string& backend) {
    l7::BackendSeries series{};
    series.seconds = &registry.histogram(Metric::BackendSeconds, {pool, backend});
    series.requests = class_counters([&](std::string_view word) -> telemetry::Counter& {
        return registry.counter(Metric::BackendRequestsTotal, {pool, backend, word});
    });
    series.failures = failure_counters([&](std::string_view word) -> telemetry::Counter& {
        return registry.counter(Metric::BackendFailuresTotal, {pool, backend, word});
    });
    series.connections_active =
        &registry.gauge(Metric::BackendConnections, {pool, backend, "active"});
    series.connects_ok = &registry.counter(Metric::BackendConnectsTotal, {pool, backend, "ok"});
    series.connects_failed =
        &registry.counter(Metric::BackendConnectsTotal, {pool, backend, "failed"});
    return series;
}

l7::PoolSeries pool_series(Registry& registry, const std::string& pool) {
    static constexpr std::string_view kReasons[l7::kRetryReasonCount] = {
        "connect", "stale", "reset", "timeout", "status"};
    l7::PoolSeries series{};
    series.request_seconds = &registry.histogram(Metric::RequestSeconds, {pool});
    for (std::size_t index = 0; index < l7::kRetryReasonCount; ++index) {
        series.retries[index] = &registry.counter(Metric::RetriesTotal, {pool, kReasons[index]});
    }
    series.retry_budget_exhausted = &registry.counter(Metric::RetryBudgetExhaustedTotal, {pool});
    series.queue_seconds = &registry.histogram(Metric::QueueSeconds, {pool});
    return series;
}

SnapshotRoute route_series(Registry& registry, const std::string& listener, std::string name,
                           const std::string& pool) {
    SnapshotRoute route{std::move(name), {}};
    route.series.requests = class_counters([&](std::string_view word) -> telemetry::Counter& {
        return registry.counter(Metric::RequestsTotal, {listener, route.name, pool, word});
    });
    route.series.failures = failure_counters([&](std::string_view word) -> telemetry::Counter& {
        return registry.counter(Metric::FailuresTotal, {listener, pool, word});
    });
    return route;
}

SnapshotListener make_listener(const conf::Model& model, const conf::Listener& config,
                               Registry& registry) {
    SnapshotListener listener;
    listener.config = &config;
    listener.series.connections = &registry.gauge(Metric::Connections, {config.name});
    listener.series.connections_total = &registry.counter(Metric::ConnectionsTotal, {config.name});
    listener.series.bytes_in = &registry.counter(Metric::BytesTotal, {config.name, "in"});
    listener.series.bytes_out = &registry.counter(Metric::BytesTotal, {config.name, "out"});
    listener.series.requests_without_route =
        class_counters([&](std::string_view word) -> telemetry::Counter& {
            return registry.counter(Metric::RequestsTotal, {config.name, "", "", word});
        });
    listener.series.failures_without_pool =
        failure_counters([&](std::string_view word) -> telemetry::Counter& {
            return registry.counter(Metric::FailuresTotal, {config.name, "", word});
        });
    for (const conf::Route& route : model.routes) {
        const bool is_here = route.listener.empty() || route.listener == config.name;
        listener.routes.push_back(is_here
                                      ? route_series(registry, config.name, route.name, route.pool)
                                      : SnapshotRoute{});
    }
    listener.fallback = route_series(registry, config.name, "default", config.pool);
    return listener;
}

/// @param errors  gets what is wrong; the pool is of no use then
SnapshotPool make_pool(const conf::Pool& config, Registry& registry, unsigned workers,
                       balancing::Waker& waker, std::vector<Error>& errors) {
    SnapshotPool pool;
    pool.config = &config;
    std::vector<balancing::BackendSettings> settings;
    for (const conf::Backend& backend : config.backends) {
        settings.push_back({backend.name, backend.address, backend.weight,
                            limit(backend.max_in_flight), backend.tier});
    }
    pool.shared = balancing::SharedPool::make(config.name, pool_settings(config),
                                              std::move(settings), workers, &waker);
    pool.series = pool_series(registry, config.name);
    for (std::size_t index = 0; index < config.backends.size(); ++index) {
        const conf::Backend& backend = config.backends[index];
        Result<std::vector<SocketAddress>> addresses = net::resolve_now(backend.address);
        if (!addresses) {
            Error error = std::move(addresses).error().in("pool", config.name);
            error.where = backend.where;
            errors.push_back(std::move(error));
            continue;
        }
        auto endpoint = std::make_shared<connect::Endpoint>();
        endpoint->addresses = std::move(*addresses);
        endpoint->keepalive = {config.keepalive.idle, config.keepalive.per_backend,
                               config.keepalive.max_requests, config.keepalive.max_age};
        pool.backends.push_back({pool.shared->backends()[index], std::move(endpoint),
                                 backend_series(registry, config.name, backend.name)});
    }
    return pool;
}

l7::PoolEntry* find_pool(const l7::Site& site, std::string_view name) {
    const auto found = std::find_if(site.pools.begin(), site.pools.end(),
                                    [&](const auto& each) { return each->config.name == name; });
    return found == site.pools.end() ? nullptr : found->get();
}

l7::RouteEntry make_route(const l7::Site& site, const conf::Route* config,
                          const SnapshotRoute& snapshot, std::string_view pool) {
    l7::RouteEntry route;
    route.config = config;
    route.name = snapshot.name;
    route.series = snapshot.series;
    route.pool = pool.empty() ? nullptr : find_pool(site, pool);
    if (route.pool == nullptr) return route;
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

}  // namespace

Many<std::shared_ptr<const Snapshot>> assemble(conf::Model model, Registry& registry,
                                               unsigned workers, balancing::Waker& waker) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->model = std::move(model);
    std::vector<Error> errors;
    for (const conf::Pool& config : snapshot->model.pools) {
        snapshot->pools.push_back(make_pool(config, registry, workers, waker, errors));
    }
    if (!errors.empty()) return tl::unexpected(std::move(errors));
    for (const conf::Listener& config : snapshot->model.listeners) {
        snapshot->listeners.push_back(make_listener(snapshot->model, config, registry));
    }
    return snapshot;
}

std::unique_ptr<l7::Site> make_site(const Snapshot& snapshot, net::Loop& loop, unsigned worker,
                                    std::uint64_t seed) {
    auto site = std::make_unique<l7::Site>();
    site->model = &snapshot.model;
    for (const SnapshotPool& pool : snapshot.pools) {
        auto entry = std::make_unique<l7::PoolEntry>(*pool.config, pool.shared, pool.series, worker,
                                                     seed + site->pools.size());
        for (const SnapshotBackend& backend : pool.backends) {
            entry->backends.push_back(std::make_unique<l7::BackendEntry>(
                loop, backend.backend, backend.endpoint, backend.series));
            const std::size_t slot = backend.backend->slot();
            if (entry->by_slot.size() <= slot) entry->by_slot.resize(slot + 1);
            entry->by_slot[slot] = entry->backends.back().get();
        }
        site->pools.push_back(std::move(entry));
    }
    for (const SnapshotListener& listener : snapshot.listeners) {
        auto entry = std::make_unique<l7::ListenerEntry>(snapshot.model, *listener.config);
        entry->series = listener.series;
        for (std::size_t index = 0; index < snapshot.model.routes.size(); ++index) {
            const conf::Route& route = snapshot.model.routes[index];
            entry->routes.push_back(make_route(*site, &route, listener.routes[index], route.pool));
        }
        entry->fallback = make_route(*site, nullptr, listener.fallback, listener.config->pool);
        site->listeners.push_back(std::move(entry));
    }
    return site;
}

}  // namespace fairlead::runtime
