#include "proxy/runtime/server.h"

#include <fcntl.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <utility>

#include "proxy/base/random.h"
#include "proxy/base/version.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/process_stats.h"

namespace fairlead::runtime {
namespace {

namespace log = telemetry::log;
using telemetry::Metric;

/// Connections that linger after the last exchange get this much, then the process ends.
constexpr Duration kLastGrace = std::chrono::milliseconds{500};

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

/// Unique among processes for all practical purposes; a token (RFC 8586 asks for one).
std::string make_instance() {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string name = "fairlead-";
    std::uint64_t bits = Random::from_entropy().next();
    for (int digit = 0; digit < 12; ++digit, bits >>= 4) name += kDigits[bits & 15];
    return name;
}

}  // namespace

unsigned usable_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return std::max(1, CPU_COUNT(&set));
}

Server::Server(net::Loop& loop, unsigned workers)
    : loop_(loop),
      workers_count_(workers),
      started_(loop.now()),
      started_wall_(clock_.wall()),
      registry_(std::make_unique<telemetry::Registry>(workers)),
      alarm_(loop),
      probes_(loop),
      wakeup_(loop),
      stop_deadline_(net::Deadline::of<&Server::on_stop_deadline>(loop.timers(), *this)) {}

Server::~Server() {
    // Workers first: they use everything else.
    end_workers();
}

Many<std::unique_ptr<Server>> Server::make(net::Loop& loop, conf::Model model) {
    const std::uint64_t automatic = raise_descriptor_limit();
    const conf::Process process = model.process;
    const unsigned workers = process.workers == 0 ? usable_cpus() : process.workers;
    std::unique_ptr<Server> server(new Server(loop, workers));
    server->cap_ = std::make_unique<ConnectionCap>(
        process.max_connections == 0 ? automatic : process.max_connections);

    auto snapshot = assemble(std::move(model), *server->registry_, workers, *server);
    if (!snapshot) return tl::unexpected(std::move(snapshot).error());
    server->snapshot_ = std::move(*snapshot);

    auto access_log =
        telemetry::AccessLog::open(access_log_config(server->snapshot_->model.log.access), workers);
    std::vector<Error> errors;
    if (access_log) {
        server->access_log_ = std::move(*access_log);
    } else {
        errors.push_back(std::move(access_log).error());
    }

    const auto& listeners = server->snapshot_->model.listeners;
    for (std::size_t index = 0; index < listeners.size(); ++index) {
        for (const conf::Bind& bind : listeners[index].bind) {
            auto sockets = net::SocketSet::bind(bind.address, workers);
            if (!sockets) {
                Error error = std::move(sockets).error().in("listener", listeners[index].name);
                error.where = bind.where;
                errors.push_back(std::move(error));
                continue;
            }
            const BindAddress address = sockets->address();
            server->bound_.push_back({index, address, std::move(*sockets)});
        }
    }
    if (!errors.empty()) return tl::unexpected(std::move(errors));
    server->monitor_ =
        std::make_unique<health::Monitor>(server->clock_, server->alarm_, server->probes_,
                                          *server->registry_, Random::from_entropy());
    server->add_collectors();
    return server;
}

void Server::start() {
    const std::string instance = make_instance();
    Random seeds = Random::from_entropy();
    for (unsigned index = 0; index < workers_count_; ++index) {
        workers_.push_back(std::make_unique<Worker>(
            WorkerSettings{index, instance, seeds.next()}, *snapshot_, access_log_->writer(index),
            registry_->gauge(Metric::LoopLagSeconds, {std::to_string(index)}), *cap_));
    }
    for (const SnapshotPool& pool : snapshot_->pools) {
        if (!pool.config->check) continue;
        for (const SnapshotBackend& backend : pool.backends) {
            monitor_->watch(pool.shared, backend.backend, *pool.config->check,
                            backend.endpoint->addresses);
        }
    }
    monitor_->start([this] { accept(); });
}

void Server::accept() {
    if (is_stopping_) return;
    for (unsigned index = 0; index < workers_count_; ++index) {
        std::vector<Worker::Socket> sockets;
        for (const Bound& bound : bound_) {
            // A copy for the way: a stop may close ours before the worker gets to it.
            const int copy = fcntl(bound.sockets->descriptor(index), F_DUPFD_CLOEXEC, 0);
            if (copy < 0) {
                log::error("listener {}: worker {} cannot accept: no descriptor is left",
                           snapshot_->model.listeners[bound.listener].name, index);
                continue;
            }
            sockets.push_back({bound.listener, copy});
        }
        workers_[index]->listen(std::move(sockets));
    }
    is_accepting_ = true;
    for (const Bound& bound : bound_) {
        log::info("listener {}: serving on {}", snapshot_->model.listeners[bound.listener].name,
                  bound.address.text());
    }
}

void Server::wake(unsigned worker) noexcept {
    if (worker < workers_.size()) workers_[worker]->wake();
}

void Server::reopen_logs() { access_log_->reopen(); }

void Server::stop(std::function<void()> on_stopped) {
    if (is_stopping_) return;
    is_stopping_ = true;
    on_stopped_ = std::move(on_stopped);
    stop_began_ = loop_.now();
    const conf::Stop& stop = snapshot_->model.process.stop;
    stop_step_ = StopStep::Delay;
    if (stop.delay > Duration::zero()) {
        log::info("stopping: serving on for {} while /ready says 503", format_duration(stop.delay));
        stop_deadline_.set(stop_began_ + stop.delay);
    } else {
        close_listeners();
    }
}

void Server::close_listeners() {
    stop_step_ = StopStep::Exchanges;
    stop_began_ = loop_.now();
    const conf::Stop& stop = snapshot_->model.process.stop;
    log::info("stopping: listeners close, running requests have {}",
              format_duration(stop.requests));
    draining_workers_ = static_cast<unsigned>(workers_.size());
    if (draining_workers_ == 0) {
        finish_stopping();
        return;
    }
    // Ours first: then the workers' copies are the last, and accepting until empty loses no client.
    for (Bound& bound : bound_) bound.sockets.reset();
    for (const auto& worker : workers_) {
        worker->drain([this] { wakeup_.post([this] { on_worker_drained(); }); });
    }
    stop_deadline_.set(after(stop_began_, std::min(stop.requests, stop.tunnels)));
}

void Server::on_stop_deadline() {
    const conf::Stop& stop = snapshot_->model.process.stop;
    const Duration waited = loop_.now() - stop_began_;
    switch (stop_step_) {
        case StopStep::Delay:
            close_listeners();
            return;
        case StopStep::Exchanges:
        case StopStep::Tunnels: {
            const bool with_exchanges = waited >= stop.requests;
            const bool with_tunnels = waited >= stop.tunnels;
            log::warn("stopping: time is up for {}", !with_tunnels     ? "requests"
                                                     : !with_exchanges ? "tunnels"
                                                                       : "requests and tunnels");
            for (const auto& worker : workers_) worker->abort(with_exchanges, with_tunnels);
            if (with_exchanges && with_tunnels) {
                stop_step_ = StopStep::Drain;
                stop_deadline_.set(loop_.now() + kLastGrace);
            } else {
                stop_step_ = StopStep::Tunnels;
                stop_deadline_.set(after(stop_began_, std::max(stop.requests, stop.tunnels)));
            }
            return;
        }
        case StopStep::Drain:
            finish_stopping();
            return;
    }
}

void Server::on_worker_drained() {
    if (draining_workers_ > 0 && --draining_workers_ == 0) finish_stopping();
}

void Server::finish_stopping() {
    if (on_stopped_ == nullptr) return;
    stop_deadline_.clear();
    end_workers();
    access_log_->stop(std::chrono::seconds{2});
    log::info("stopped");
    std::exchange(on_stopped_, nullptr)();
}

void Server::end_workers() {
    // One that still runs may wake any other: all threads end before the first worker is gone.
    for (const auto& worker : workers_) worker->end();
    workers_.clear();
}

void Server::add_collectors() {
    telemetry::add_process_metrics(*registry_);
    registry_->gauge(Metric::BuildInfo, {version()}).set(1);
    registry_->gauge(Metric::ConfigGeneration).set(static_cast<double>(snapshot_->generation));
    registry_->gauge(Metric::ConfigLastSuccessSeconds)
        .set(std::chrono::duration<double>(started_wall_.time_since_epoch()).count());
    registry_->gauge(Metric::Workers).set(workers_count_);
    registry_->add_collector([this] { collect(); });
}

void Server::collect() {
    using balancing::State;
    static constexpr std::array kStates = {State::Up,       State::Down,        State::Ejected,
                                           State::Draining, State::Maintenance, State::Rising,
                                           State::Unknown};
    registry_->gauge(Metric::LogDroppedTotal)
        .set(static_cast<double>(access_log_->dropped() + log::dropped()));
    for (const SnapshotPool& pool : snapshot_->pools) {
        const std::string& name = pool.config->name;
        registry_->gauge(Metric::QueueLength, {name}).set(pool.shared->waiting());
        for (const SnapshotBackend& each : pool.backends) {
            const balancing::Backend& backend = *each.backend;
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
                .set(each.endpoint->idle_connections.load(std::memory_order_relaxed));
        }
    }
}

}  // namespace fairlead::runtime
