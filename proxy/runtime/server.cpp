#include "proxy/runtime/server.h"

#include <fcntl.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <utility>

#include "proxy/base/random.h"
#include "proxy/base/version.h"
#include "proxy/net/hmac.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/process_stats.h"

namespace fairlead::runtime {
namespace {

namespace log = telemetry::log;
using telemetry::Metric;

telemetry::AccessLogConfig access_log_config(const conf::AccessLog& access) {
    telemetry::AccessLogConfig config;
    config.enabled = access.enabled;
    config.to = access.to;
    config.format = access.format == conf::AccessFormat::Json ? telemetry::AccessFormat::Json
                                                              : telemetry::AccessFormat::Common;
    config.sample = access.sample;
    config.query = access.query == conf::AccessQuery::Off      ? telemetry::AccessQuery::Off
                   : access.query == conf::AccessQuery::Redact ? telemetry::AccessQuery::Redact
                                                               : telemetry::AccessQuery::On;
    return config;
}

log::Level log_level(conf::LogLevel level) {
    switch (level) {
        case conf::LogLevel::Trace:
            return log::Level::Trace;
        case conf::LogLevel::Debug:
            return log::Level::Debug;
        case conf::LogLevel::Info:
            return log::Level::Info;
        case conf::LogLevel::Warn:
            return log::Level::Warn;
        case conf::LogLevel::Error:
            break;
    }
    return log::Level::Error;
}

/// Removed backends whose series one listing of metrics frees: a few milliseconds' worth.
constexpr std::size_t kFreedPerListing = 100;

/// Secrets of tickets change, and expiring certificates are told again, so much late at most.
constexpr Duration kTlsUpkeepEvery = std::chrono::minutes{10};
constexpr Duration kTellCertificatesEvery = std::chrono::hours{24};

/// Unique among processes for all practical purposes; a token (RFC 8586 asks for one).
std::string make_instance() {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string name = "fairlead-";
    std::uint64_t bits = Random::from_entropy().next();
    for (int digit = 0; digit < 12; ++digit, bits >>= 4) name += kDigits[bits & 15];
    return name;
}

}  // namespace

void Server::set_log_level(conf::LogLevel level) { log::set_level(log_level(level)); }

unsigned usable_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

unsigned workers_of(const conf::Process& process) {
    return process.workers == 0 ? usable_cpus() : process.workers;
}

Server::Server(net::Loop& loop, unsigned workers)
    : loop_(loop),
      workers_count_(workers),
      started_(loop.now()),
      started_wall_(clock_.wall()),
      registry_(std::make_unique<telemetry::Registry>(workers)),
      removed_series_(*registry_),
      tls_upkeep_(net::Deadline::of<&Server::on_tls_upkeep>(loop.timers(), *this)),
      certificates_told_(started_wall_),
      leaving_(loop, *this),
      alarm_(loop),
      probes_(loop),
      wakeup_(loop),
      stop_deadline_(net::Deadline::of<&Server::on_stop_deadline>(loop.timers(), *this)) {}

Server::~Server() {
    // Workers first: they use everything else.
    end_workers();
}

Many<std::unique_ptr<Server>> Server::make(net::Loop& loop, Prepared prepared,
                                           const Overrides& overrides,
                                           InheritedSockets* inherited) {
    set_log_level(prepared.model.log.level);
    const std::uint64_t automatic = raise_descriptor_limit();
    const conf::Process process = prepared.model.process;
    const unsigned workers = workers_of(process);
    if (!prepared.errors.empty()) return tl::unexpected(std::move(prepared.errors));
    std::unique_ptr<Server> server(new Server(loop, workers));
    server->ticket_keys_ = prepared.tickets;
    if (prepared.sticky_key.empty()) prepared.sticky_key = net::fresh_secret();
    server->sticky_key_ = prepared.sticky_key;
    server->cap_ = std::make_unique<ConnectionCap>(
        process.max_connections == 0 ? automatic : process.max_connections);

    auto snapshot = assemble(std::move(prepared), nullptr, *server->registry_,
                             server->removed_series_, workers, *server);
    if (!snapshot) return tl::unexpected(std::move(snapshot).error());
    server->snapshot_ = std::move(*snapshot);
    server->set_admin_states(*server->snapshot_, overrides);

    auto bindings = bind_listeners(server->snapshot_->model, {}, workers, inherited);
    if (!bindings) return tl::unexpected(std::move(bindings).error());
    server->bindings_ = std::move(*bindings);
    server->monitor_ =
        std::make_unique<health::Monitor>(server->clock_, server->alarm_, server->probes_,
                                          *server->registry_, Random::from_entropy());
    server->monitor_->on_out([&made = *server](const std::shared_ptr<balancing::Backend>& backend) {
        for (const auto& worker : made.workers_) worker->leave_backend(backend);
    });
    server->add_collectors();
    return server;
}

Result<std::unique_ptr<telemetry::AccessLog>> Server::open_access_log(
    const conf::AccessLog& access) const {
    auto opened = telemetry::AccessLog::open(access_log_config(access), workers_count_);
    if (!opened) {
        Error error = std::move(opened).error();
        error.where = access.to_where;
        return fail(std::move(error));
    }
    return opened;
}

void Server::set_health(std::string_view pool, std::string_view backend, const std::string& address,
                        balancing::State health) {
    const SnapshotPool* const found = snapshot_->pool(pool);
    if (found == nullptr || !found->config->check) return;
    balancing::Backend* const member = found->shared->find(backend);
    if (member != nullptr && member->address().text() == address) member->start_as(health);
}

Result<void> Server::start() {
    auto log = open_access_log(snapshot_->model.log.access);
    if (!log) return fail(std::move(log).error());
    access_log_ = std::move(*log);
    const std::string instance = make_instance();
    Random seeds = Random::from_entropy();
    for (unsigned index = 0; index < workers_count_; ++index) {
        workers_.push_back(std::make_unique<Worker>(
            WorkerSettings{index, instance, seeds.next()}, snapshot_, access_log_->writer(index),
            registry_->gauge(Metric::LoopLagSeconds, {std::to_string(index)}), *cap_));
    }
    tls_upkeep_.set(loop_.now());  // secrets of the process before may be due
    watch_backends(nullptr);
    monitor_->start([this] { accept(); });
    return {};
}

std::vector<Worker::Socket> Server::sockets_for(unsigned worker) const {
    std::vector<Worker::Socket> sockets;
    for (const Binding& binding : bindings_) {
        if (binding.sockets == nullptr) continue;
        std::uint64_t part = 0;
        for (const int descriptor : binding.sockets->descriptors_for(worker, workers_count_)) {
            // A copy for the way: a stop may close ours before the worker gets to it.
            const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
            if (copy < 0) {
                log::error("listener {}: worker {} cannot accept: no descriptor is left",
                           binding.listener, worker);
            }
            sockets.push_back({{binding.id, part++}, binding.listener, copy});
        }
    }
    return sockets;
}

void Server::accept() {
    if (is_stopping_) return;
    for (unsigned index = 0; index < workers_count_; ++index) {
        workers_[index]->listen(sockets_for(index));
    }
    is_accepting_ = true;
    for (const Binding& binding : bindings_) {
        log::info("listener {}: serving on {}", binding.listener, binding.address.text());
    }
    if (on_accepting_ != nullptr) std::exchange(on_accepting_, nullptr)();
}

void Server::wake(unsigned worker) noexcept {
    if (worker < workers_.size()) workers_[worker]->wake();
}

void Server::on_tls_upkeep() {
    tls_upkeep_.set(loop_.now() + kTlsUpkeepEvery);
    const WallTime now = clock_.wall();
    if (ticket_keys_->rotate(now) && on_tickets_changed_ != nullptr) on_tickets_changed_();
    if (now - certificates_told_ < kTellCertificatesEvery) return;
    certificates_told_ = now;
    warn_of_certificates();
}

/// Nobody may have looked since the configuration was loaded.
void Server::warn_of_certificates() const {
    for (const SnapshotListener& listener : snapshot_->listeners) {
        if (listener.tls.empty()) continue;
        for (const auto& each : listener.tls.front()->settings().certificates) {
            for (const std::string& text : each->warnings(clock_.wall())) {
                log::warn("listener {}: {}", listener.config->name, text);
            }
        }
    }
}

void Server::reopen_logs() { access_log_->reopen(); }

void Server::add_collectors() {
    telemetry::add_process_metrics(*registry_);
    registry_->gauge(Metric::BuildInfo, {version()}).set(1);
    registry_->gauge(Metric::ConfigFileDiffers).set(0);
    registry_->gauge(Metric::ConfigLastSuccessSeconds)
        .set(std::chrono::duration<double>(started_wall_.time_since_epoch()).count());
    registry_->gauge(Metric::Workers).set(workers_count_);
    registry_->add_collector([this] { collect(); });
}

void Server::collect() {
    using balancing::State;
    // What still counted on them at the last reload may have ended since.
    removed_series_.trim(kFreedPerListing);
    static constexpr std::array kStates = {State::Up,       State::Down,        State::Ejected,
                                           State::Draining, State::Maintenance, State::Rising,
                                           State::Unknown};
    registry_->gauge(Metric::LogDroppedTotal)
        .set(static_cast<double>(dropped_before_ + access_log_->dropped() + log::dropped() +
                                 (access_log_before_ ? access_log_before_->dropped() : 0)));
    registry_->gauge(Metric::ConfigGeneration).set(static_cast<double>(snapshot_->generation));
    registry_->gauge(Metric::Snapshots).set(static_cast<double>(Snapshot::alive_count().load()));
    for (const SnapshotListener& listener : snapshot_->listeners) {
        if (listener.tls.empty()) continue;
        for (const auto& each : listener.tls.front()->settings().certificates) {
            const std::chrono::duration<double> expires = each->not_after().time_since_epoch();
            registry_
                ->gauge(Metric::CertificateExpiresSeconds, {listener.config->name, each->path()})
                .set(expires.count());
        }
    }
    for (const auto& pool : snapshot_->pools) {
        const std::string& name = pool->config->name;
        registry_->gauge(Metric::QueueLength, {name}).set(pool->shared->waiting());
        for (const auto& each : pool->backends) {
            const balancing::Backend& backend = *each->backend;
            const State state = backend.state();
            registry_->gauge(Metric::BackendUp, {name, backend.name()})
                .set(balancing::is_well(state) ? 1 : 0);
            for (const State possible : kStates) {
                registry_
                    ->gauge(Metric::BackendState, {name, backend.name(), balancing::word(possible)})
                    .set(state == possible ? 1 : 0);
            }
            registry_->gauge(Metric::BackendInFlight, {name, backend.name()})
                .set(backend.in_flight());
            registry_->gauge(Metric::BackendConnections, {name, backend.name(), "idle"})
                .set(each->endpoint->idle_connections.load(std::memory_order_relaxed));
        }
    }
}

}  // namespace fairlead::runtime
