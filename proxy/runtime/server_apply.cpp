/// Server's second part: a new configuration comes into force while everything goes on.
///
/// In order: what can fail is done first (names, addresses, the log) and undone by being dropped;
/// then nothing can fail any more. Workers take the snapshot each at its own time; backends that
/// are gone are told so when every worker has it, so that nobody who still works by the old one
/// finds them gone.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "proxy/runtime/server.h"
#include "proxy/runtime/tls_material.h"
#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

namespace log = telemetry::log;
using telemetry::Metric;

/// What is left of a log that is not written to any more.
constexpr Duration kLogGrace = std::chrono::milliseconds{500};

/// Another level needs no other access log.
bool has_new_access_log(const std::vector<conf::Change>& changes) {
    return std::any_of(changes.begin(), changes.end(), [](const conf::Change& change) {
        return change.what == conf::SettingGroup::Kind::Log &&
               std::any_of(change.details.begin(), change.details.end(),
                           [](const std::string& detail) { return detail.starts_with("access"); });
    });
}

}  // namespace

void Server::apply(Prepared prepared, const Overrides& overrides, OnApplied on_applied) {
    // The stop may have begun while the file was read; its listeners must not be bound again.
    if (is_stopping_) {
        on_applied({Error{"the process is stopping", "", {}}});
        return;
    }
    removed_series_.trim();
    std::vector<Error> errors;
    const bool has_new_log = has_new_access_log(prepared.changes);
    prepared.sticky_key = sticky_key_;
    auto assembled = assemble(std::move(prepared), snapshot_.get(), *registry_, removed_series_,
                              workers_count_, *this);
    if (!assembled) {
        on_applied(std::move(assembled).error());
        return;
    }
    const std::shared_ptr<const Snapshot> next = std::move(*assembled);
    std::unique_ptr<telemetry::AccessLog> new_log;
    if (has_new_log) {
        auto opened = open_access_log(next->model.log.access);
        if (opened) {
            new_log = std::move(*opened);
        } else {
            errors.push_back(std::move(opened).error());
        }
    }
    // Sockets last: a client that found a new one open must not be reset because of something else.
    Many<Bindings> bindings = Bindings();
    if (errors.empty()) bindings = bind_listeners(next->model, bindings_, workers_count_);
    if (!bindings) errors = std::move(bindings).error();
    if (!errors.empty()) {
        unlist_gone(*next, *snapshot_, *registry_, removed_series_);
        on_applied(std::move(errors));
        return;
    }
    if (new_log != nullptr) {
        access_log_before_ = std::move(access_log_);
        access_log_ = std::move(new_log);
    }

    commit(*next, *snapshot_, *registry_, removed_series_);
    set_log_level(next->model.log.level);
    set_admin_states(*next, overrides);
    monitor_->note_rising();
    for (const Binding& binding : *bindings) {
        const bool is_new = std::none_of(bindings_.begin(), bindings_.end(),
                                         [&](const Binding& old) { return old.id == binding.id; });
        if (is_new) {
            log::info("listener {}: serving on {}", binding.listener, binding.address.text());
        }
    }
    // Ours first: then the workers' copies are the last, and accepting until empty loses no client.
    bindings_ = std::move(*bindings);
    snapshot_before_ = std::exchange(snapshot_, next);
    on_applied_ = std::move(on_applied);
    const conf::Process& process = snapshot_->model.process;
    cap_->set_most(process.max_connections == 0 ? raise_descriptor_limit()
                                                : process.max_connections);
    applying_workers_ = static_cast<unsigned>(workers_.size());
    for (unsigned index = 0; index < workers_.size(); ++index) {
        workers_[index]->apply({snapshot_,
                                is_accepting_ ? sockets_for(index) : std::vector<Worker::Socket>{},
                                is_accepting_, &access_log_->writer(index),
                                [this] { wakeup_.post([this] { on_worker_applied(); }); }});
    }
    watch_backends(snapshot_before_.get());
}

void Server::on_worker_applied() {
    if (applying_workers_ == 0 || --applying_workers_ > 0) return;
    if (access_log_before_ != nullptr) {
        access_log_before_->stop(kLogGrace);
        dropped_before_ += access_log_before_->dropped();
        access_log_before_.reset();
    }
    let_go(*snapshot_before_);
    snapshot_before_.reset();
    if (on_applied_ != nullptr) std::exchange(on_applied_, nullptr)({});
}

/// Backends and listeners that are no more: they drain.
void Server::let_go(const Snapshot& previous) {
    const conf::Drain& drain = snapshot_->model.process.drain;
    for (const auto& pool : previous.pools) {
        const SnapshotPool* const now = snapshot_->pool(pool->config->name);
        if (now == pool.get()) continue;
        std::unordered_map<const balancing::Backend*, bool> kept;
        if (now != nullptr) {
            for (const auto& each : now->backends) kept.emplace(each->backend.get(), true);
        }
        for (const auto& each : pool->backends) {
            if (kept.contains(each->backend.get())) continue;
            each->backend->leave(loop_.now());
            leaving_.add_backend(pool->config->name + "/" + each->backend->name(), each->backend,
                                 drain);
        }
    }
    for (const SnapshotListener& listener : previous.listeners) {
        const auto& present = snapshot_->listeners;
        const bool stays = std::any_of(present.begin(), present.end(), [&](const auto& each) {
            return each.presence == listener.presence;
        });
        if (stays) continue;
        leaving_.add_listener(listener.config->name, listener.presence, snapshot_->generation,
                              drain);
    }
}

/// Tells the monitor of every backend whose pool is not the one of `previous`.
void Server::watch_backends(const Snapshot* previous) {
    for (const auto& pool : snapshot_->pools) {
        const SnapshotPool* const before =
            previous == nullptr ? nullptr : previous->pool(pool->config->name);
        if (before == pool.get()) continue;
        monitor_->watch_traffic(pool->shared);
        for (std::size_t index = 0; index < pool->backends.size(); ++index) {
            const auto& each = pool->backends[index];
            if (pool->config->check) {
                health::Reach reach{
                    pool->config->send_proxy, pool->tls.of_checks, {}, pool->config->http};
                if (reach.tls != nullptr) {
                    reach.tls_name = tls_name(*pool->config, pool->config->backends[index]);
                }
                monitor_->watch(pool->shared, each->backend, *pool->config->check,
                                each->endpoint->addresses, reach);
            } else if (before != nullptr && before->config->check) {
                monitor_->forget(pool->config->name, each->backend->name());
                each->backend->set_state(balancing::State::Unknown, loop_.now());
            }
        }
    }
    if (previous == nullptr) return;
    for (const auto& pool : previous->pools) {
        const std::string& name = pool->config->name;
        const SnapshotPool* const now = snapshot_->pool(name);
        if (now == nullptr) monitor_->forget_traffic(name);
        if (!pool->config->check || now == pool.get()) continue;
        std::unordered_map<std::string_view, bool> kept;
        if (now != nullptr) {
            for (const auto& each : now->backends) kept.emplace(each->backend->name(), true);
        }
        for (const auto& each : pool->backends) {
            if (!kept.contains(each->backend->name())) {
                monitor_->forget(name, each->backend->name());
            }
        }
    }
}

void Server::set_admin_states(const Snapshot& snapshot, const Overrides& overrides) {
    for (const BackendOverride& each : overrides.backends) {
        const SnapshotPool* const pool = snapshot.pool(each.pool);
        if (pool == nullptr) continue;
        if (balancing::Backend* const backend = pool->shared->find(each.backend)) {
            pool->shared->set_admin(*backend, each.state, loop_.now());
        }
    }
}

void Server::set_admin(std::string_view pool, std::string_view backend,
                       balancing::AdminState admin) {
    const SnapshotPool* const found = snapshot_->pool(pool);
    balancing::Backend* const member = found == nullptr ? nullptr : found->shared->find(backend);
    if (member == nullptr) return;
    found->shared->set_admin(*member, admin, loop_.now());
    monitor_->note_rising();
}

void Server::abort_on(const std::shared_ptr<balancing::Backend>& backend, bool with_exchanges,
                      bool with_tunnels) {
    for (const auto& worker : workers_) worker->abort_on(backend, with_exchanges, with_tunnels);
}

void Server::abort_leaving(std::uint64_t generation, bool with_exchanges, bool with_tunnels) {
    for (const auto& worker : workers_) {
        worker->abort_leaving(generation, with_exchanges, with_tunnels);
    }
}

}  // namespace fairlead::runtime
