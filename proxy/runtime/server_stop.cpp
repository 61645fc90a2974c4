/// Server's last part: stopping in order, as `[process] stop` says.
#include <algorithm>
#include <utility>

#include "proxy/runtime/server.h"
#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

namespace log = telemetry::log;

/// Clients that are connecting when the listeners close get this much to have done so: the round
/// trip of all but those at the other end of the world.
constexpr Duration kHandshakesFor = std::chrono::milliseconds{50};
/// Connections that linger after the last exchange get this much, then the process ends.
constexpr Duration kLastGrace = std::chrono::milliseconds{500};

}  // namespace

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
        turn_away();
    }
}

void Server::stop_now(std::function<void()> on_stopped) {
    if (is_stopping_) return;
    is_stopping_ = true;
    on_stopped_ = std::move(on_stopped);
    turn_away();
    close_listeners();
}

void Server::take_sockets() {
    for (const Binding& binding : bindings_) {
        if (binding.sockets != nullptr) binding.sockets->take();
    }
}

void Server::leave_sockets() {
    for (const Binding& binding : bindings_) {
        if (binding.sockets != nullptr) binding.sockets->leave();
    }
}

/// Workers still accept who is connecting.
void Server::turn_away() {
    log::info("stopping: listeners close, running requests have {}",
              format_duration(snapshot_->model.process.stop.requests));
    for (Binding& binding : bindings_) binding.sockets.reset();
    stop_step_ = StopStep::Handshakes;
    stop_deadline_.set(loop_.now() + kHandshakesFor);
}

void Server::close_listeners() {
    stop_step_ = StopStep::Exchanges;
    stop_began_ = loop_.now();
    const conf::Stop& stop = snapshot_->model.process.stop;
    draining_workers_ = static_cast<unsigned>(workers_.size());
    if (draining_workers_ == 0) {
        finish_stopping();
        return;
    }
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
            turn_away();
            return;
        case StopStep::Handshakes:
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
    if (access_log_before_ != nullptr) access_log_before_->stop(std::chrono::seconds{2});
    access_log_->stop(std::chrono::seconds{2});
    log::info("stopped");
    std::exchange(on_stopped_, nullptr)();
}

void Server::end_workers() {
    // One that still runs may wake any other: all threads end before the first worker is gone.
    for (const auto& worker : workers_) worker->end();
    workers_.clear();
}

}  // namespace fairlead::runtime
