#include <algorithm>
#include <limits>
#include <random>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "proxy/net/hmac.h"
#include "proxy/net/resolver.h"
#include "proxy/runtime/series.h"
#include "proxy/runtime/snapshot.h"
#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

using conf::SettingGroup;
using Backends =
    std::unordered_map<std::string_view, std::shared_ptr<const connect::SharedBackend>>;

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
    const conf::Passive& passive = pool.passive;
    settings.ejection = {passive.is_on,        passive.failures, passive.over,    passive.ratio,
                         passive.min_requests, passive.out,      passive.out_max, passive.max_out};
    settings.has_checks = pool.check.has_value();
    settings.retry_budget = retry_budget(pool.retry);
    settings.when_all_down = pool.when_all_down == conf::WhenAllDown::Try
                                 ? balancing::WhenAllDown::Try
                                 : balancing::WhenAllDown::Fail;
    return settings;
}

/// A name server may tell the same addresses in another order each time.
bool are_same(const std::vector<SocketAddress>& a, const std::vector<SocketAddress>& b) {
    return std::is_permutation(a.begin(), a.end(), b.begin(), b.end());
}

/// By names, so that a cookie is good for whoever has the key and the same names: after a restart,
/// and at another balancer. No name of a pool has a slash in it.
std::shared_ptr<const balancing::StickyTable> sticky_table(const balancing::SharedPool& pool,
                                                           std::string_view key) {
    std::vector<balancing::StickyTable::Row> rows;
    rows.reserve(pool.backends().size());
    for (const auto& backend : pool.backends()) {
        rows.push_back(
            {net::hmac_sha256_hex(key, pool.name() + "/" + backend->name()), backend.get()});
    }
    return std::make_shared<const balancing::StickyTable>(std::move(rows));
}

class Assembler {
  public:
    Assembler(Prepared prepared, const Snapshot* previous, telemetry::Registry& registry,
              RemovedSeries& removed, unsigned workers, balancing::Waker& waker)
        : snapshot_(std::make_shared<Snapshot>()),
          addresses_(std::move(prepared.addresses)),
          listener_tls_(std::move(prepared.listener_tls)),
          pool_tls_(std::move(prepared.pool_tls)),
          sticky_key_(std::move(prepared.sticky_key)),
          previous_(previous),
          registry_(registry),
          removed_(removed),
          series_(registry, SeriesMaker::Mode::List),
          workers_(workers),
          waker_(waker) {
        snapshot_->model = std::move(prepared.model);
        snapshot_->settings = std::move(prepared.settings);
        snapshot_->generation = previous == nullptr ? 1 : previous->generation + 1;
        for (const conf::Change& change : prepared.changes) {
            if (change.what == SettingGroup::Kind::Pool) changed_pools_.insert(change.name);
            if (change.what == SettingGroup::Kind::Backend) changed_pools_.insert(change.pool);
        }
        if (previous == nullptr) return;
        for (const auto& pool : previous->pools) pools_before_.emplace(pool->config->name, pool);
        for (const auto& listener : previous->listeners) {
            listeners_before_.emplace(listener.config->name, &listener);
        }
    }

    Many<std::shared_ptr<const Snapshot>> run() {
        for (const conf::Pool& config : snapshot_->model.pools) {
            snapshot_->pools.push_back(pool(config));
        }
        if (!errors_.empty()) {
            if (previous_ != nullptr) {
                unlist_gone(*snapshot_, *previous_, registry_, removed_);
            }
            return tl::unexpected(std::move(errors_));
        }
        for (const conf::Listener& config : snapshot_->model.listeners) {
            snapshot_->listeners.push_back(listener(config));
        }
        add_limiters();
        return snapshot_;
    }

  private:
    std::shared_ptr<const SnapshotPool> pool(const conf::Pool& config) {
        const auto found = pools_before_.find(config.name);
        const SnapshotPool* before = found == pools_before_.end() ? nullptr : found->second.get();
        if (before != nullptr && !changed_pools_.contains(config.name) &&
            !has_moved(*before, addresses_)) {
            return found->second;
        }
        auto pool = std::make_shared<SnapshotPool>();
        pool->config = std::make_shared<const conf::Pool>(config);
        pool->series = series_.pool(config.name);
        if (config.tls) {
            const auto made = pool_tls_.find(config.name);
            pool->tls = made != pool_tls_.end() ? made->second : before->tls;
        }
        std::vector<balancing::BackendSettings> settings;
        settings.reserve(config.backends.size());
        for (const conf::Backend& backend : config.backends) {
            settings.push_back({backend.name, backend.address, backend.weight,
                                limit(backend.max_in_flight), backend.tier});
        }
        pool->shared = balancing::SharedPool::make(
            config.name, pool_settings(config), std::move(settings), workers_, &waker_,
            before == nullptr ? nullptr : before->shared.get());
        if (config.sticky) {
            pool->sticky = sticky_table(*pool->shared, config.sticky->key != nullptr
                                                           ? config.sticky->key_bytes()
                                                           : std::string_view(sticky_key_));
        }
        Backends backends_before;
        if (before != nullptr) {
            backends_before.reserve(before->backends.size());
            for (const auto& each : before->backends) {
                backends_before.emplace(each->backend->name(), each);
            }
        }
        pool->backends.reserve(config.backends.size());
        for (std::size_t index = 0; index < config.backends.size(); ++index) {
            if (auto shared =
                    backend(config, index, pool->shared->backends()[index], backends_before)) {
                pool->backends.push_back(std::move(shared));
            }
        }
        return pool;
    }

    std::shared_ptr<const connect::SharedBackend> backend(
        const conf::Pool& pool, std::size_t index, std::shared_ptr<balancing::Backend> backend,
        const Backends& backends_before) {
        const conf::Backend& config = pool.backends[index];
        const auto found = backends_before.find(config.name);
        const connect::SharedBackend* before = nullptr;
        if (found != backends_before.end() && found->second->backend == backend) {
            before = found->second.get();
        }
        Result<std::vector<SocketAddress>> addresses = resolve(config.address);
        if (!addresses && before != nullptr) {
            // Its name was good before: a DNS server that is away must not stop a reload.
            telemetry::log::warn("backend {}/{}: {}; its last addresses are kept", pool.name,
                                 config.name, addresses.error().message);
            return found->second;
        }
        if (!addresses) {
            Error error = std::move(addresses).error().in("pool", pool.name);
            error.where = config.where;
            errors_.push_back(std::move(error));
            return nullptr;
        }
        if (before != nullptr && are_same(before->endpoint->addresses, *addresses))
            return found->second;
        auto shared = std::make_shared<connect::SharedBackend>();
        shared->backend = std::move(backend);
        shared->endpoint = std::make_shared<connect::Endpoint>();
        shared->endpoint->addresses = std::move(*addresses);
        shared->series = series(pool.name, config.name,
                                found == backends_before.end() ? nullptr : found->second->series);
        shared->host = config.address.text();
        shared->pool = pool.name;
        return shared;
    }

    /// @param running  those of a backend of this name that runs; null when there is none
    std::shared_ptr<const connect::BackendSeries> series(const std::string& pool,
                                                         const std::string& backend,
                                                         RemovedSeries::Shared running) {
        if (running != nullptr) return running;
        const connect::BackendSeries listed = series_.backend(pool, backend);
        if (auto removed = removed_.find(pool, backend)) return removed;
        return std::make_shared<const connect::BackendSeries>(listed);
    }

    Result<std::vector<SocketAddress>> resolve(const HostPort& address) const {
        if (!address.is_name()) return net::resolve_now(address);  // asks nobody
        const auto found = addresses_.find(address.text());
        if (found == addresses_.end()) return fail(address.text() + " has not been looked up");
        return found->second;
    }

    SnapshotListener listener(const conf::Listener& config) {
        const auto found = listeners_before_.find(config.name);
        const SnapshotListener* before = found == listeners_before_.end() ? nullptr : found->second;
        // One that spoke something else counted other things.
        if (before != nullptr && before->config->mode != config.mode) before = nullptr;
        if (config.mode == conf::Mode::Tcp) return tcp_listener(config, before);
        std::unordered_map<std::string_view, const SnapshotRoute*> routes_before;
        if (before != nullptr) {
            for (const SnapshotRoute& each : before->routes)
                routes_before.emplace(each.name, &each);
        }
        SnapshotListener listener = bare_listener(config, before);
        for (const conf::Route& each : snapshot_->model.routes) {
            const bool is_here = each.listener.empty() || each.listener == config.name;
            const auto old = routes_before.find(each.name);
            if (!is_here) {
                listener.routes.emplace_back();
            } else if (each.action == conf::Action::Split) {
                listener.routes.push_back(split_route(config.name, each));
            } else if (old != routes_before.end() && old->second->pool == each.pool &&
                       old->second->shares.empty()) {
                listener.routes.push_back(*old->second);
            } else {
                listener.routes.push_back(route(config.name, each.name, each.pool));
            }
        }
        listener.fallback = before != nullptr && before->fallback.pool == config.pool
                                ? before->fallback
                                : route(config.name, "default", config.pool);
        return listener;
    }

    SnapshotListener bare_listener(const conf::Listener& config, const SnapshotListener* before) {
        SnapshotListener listener;
        listener.config = &config;
        listener.presence =
            before != nullptr ? before->presence : std::make_shared<ListenerPresence>();
        listener.series = before != nullptr ? before->series : series_.listener(config.name);
        if (config.tls) {
            const auto made = listener_tls_.find(config.name);
            listener.tls = made != listener_tls_.end()
                               ? made->second
                               : listeners_before_.find(config.name)->second->tls;
        }
        return listener;
    }

    SnapshotListener tcp_listener(const conf::Listener& config, const SnapshotListener* before) {
        SnapshotListener listener = bare_listener(config, before);
        const auto route = [&](std::string name, const std::string& pool) {
            SnapshotRoute made{std::move(name), pool, {}, {}};
            if (!pool.empty()) made.series.failures = series_.route_failures(config.name, pool);
            return made;
        };
        for (const conf::SniRoute& row : config.sni) {
            listener.routes.push_back(route(row.text(), row.pool));
        }
        listener.fallback = route("default", config.pool);
        return listener;
    }

    /// Who was over the rate stays so, also when the rate itself changes.
    void add_limiters() {
        std::unordered_map<std::string_view, std::shared_ptr<l7::RateLimiter>> before;
        for (std::size_t index = 0; previous_ != nullptr && index < previous_->limiters.size();
             ++index) {
            if (previous_->limiters[index] == nullptr) continue;
            before.emplace(previous_->model.routes[index].name, previous_->limiters[index]);
        }
        for (const conf::Route& each : snapshot_->model.routes) {
            std::shared_ptr<l7::RateLimiter> limiter;
            if (each.rate) {
                const auto found = before.find(each.name);
                limiter = found != before.end()
                              ? found->second
                              : std::make_shared<l7::RateLimiter>(std::random_device{}());
            }
            snapshot_->limiters.push_back(std::move(limiter));
        }
    }

    /// Its shares have the series they had before: the registry finds them by their labels.
    SnapshotRoute split_route(const std::string& listener, const conf::Route& config) {
        SnapshotRoute made{config.name, {}, {}, {}};
        for (const conf::SplitShare& share : config.split) {
            made.shares.push_back(route(listener, config.name, share.pool));
        }
        return made;
    }

    SnapshotRoute route(const std::string& listener, const std::string& name,
                        const std::string& pool) {
        return {
            name,
            pool,
            {series_.route_requests(listener, name, pool), series_.route_failures(listener, pool)},
            {}};
    }

    const std::shared_ptr<Snapshot> snapshot_;
    const AddressBook addresses_;
    const decltype(Prepared::listener_tls) listener_tls_;
    const decltype(Prepared::pool_tls) pool_tls_;
    const std::string sticky_key_;
    const Snapshot* const previous_;
    telemetry::Registry& registry_;
    RemovedSeries& removed_;
    SeriesMaker series_;
    const unsigned workers_;
    balancing::Waker& waker_;
    std::unordered_set<std::string> changed_pools_;
    std::unordered_map<std::string_view, std::shared_ptr<const SnapshotPool>> pools_before_;
    std::unordered_map<std::string_view, const SnapshotListener*> listeners_before_;
    std::vector<Error> errors_;
};

}  // namespace

bool has_moved(const SnapshotPool& pool, const AddressBook& addresses) {
    if (addresses.empty()) return false;
    return std::any_of(pool.backends.begin(), pool.backends.end(), [&](const auto& each) {
        if (!each->backend->address().is_name()) return false;
        const auto found = addresses.find(each->host);
        return found != addresses.end() && found->second &&
               !are_same(*found->second, each->endpoint->addresses);
    });
}

std::atomic<std::size_t>& Snapshot::alive_count() {
    static std::atomic<std::size_t> count{0};
    return count;
}

const SnapshotPool* Snapshot::pool(std::string_view name) const {
    const auto found = std::find_if(pools.begin(), pools.end(),
                                    [&](const auto& each) { return each->config->name == name; });
    return found == pools.end() ? nullptr : found->get();
}

Many<std::shared_ptr<const Snapshot>> assemble(Prepared prepared, const Snapshot* previous,
                                               telemetry::Registry& registry,
                                               RemovedSeries& removed, unsigned workers,
                                               balancing::Waker& waker) {
    return Assembler(std::move(prepared), previous, registry, removed, workers, waker).run();
}

}  // namespace fairlead::runtime
