#include "proxy/runtime/worker.h"

#include <unistd.h>

#include <utility>

#include "proxy/l7/exchange.h"
#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

namespace log = telemetry::log;
/// Also how long a line of the access log may wait in a worker's buffer.
constexpr Duration kHeartbeat = std::chrono::milliseconds{250};

}  // namespace

/// One listening socket of this worker.
class Worker::Acceptor final : private net::ListenerObserver {
  public:
    Acceptor(Worker& worker, l7::ListenerEntry& entry) : worker_(worker), entry_(entry) {}

    Result<void> open(int descriptor) {
        auto listener = net::Listener::make(*worker_.loop_, descriptor, *this);
        if (!listener) return fail(std::move(listener).error());
        listener_ = std::move(*listener);
        return {};
    }
    net::Listener& listener() { return *listener_; }

  private:
    void on_accepted(std::unique_ptr<net::Stream> stream) override {
        worker_.adopt(entry_, std::move(stream));
    }
    void on_accept_failed(Failure failure) override {
        log::warn("listener {}: cannot accept: {}", entry_.config.name, word(failure));
    }

    Worker& worker_;
    l7::ListenerEntry& entry_;
    std::unique_ptr<net::Listener> listener_;
};

Worker::Worker(WorkerSettings settings, const Snapshot& snapshot,
               telemetry::AccessWriter& access_log, telemetry::Gauge& loop_lag, ConnectionCap& cap)
    : settings_(std::move(settings)),
      cap_(cap),
      loop_lag_(loop_lag),
      loop_(std::make_unique<net::Loop>()),
      wakeup_(std::make_unique<net::Wakeup>(*loop_)),
      context_(std::make_unique<l7::Context>(
          *loop_, settings_.index, static_cast<l7::ClientConnectionOwner&>(*this), access_log,
          settings_.instance, Random(settings_.seed))),
      site_(make_site(snapshot, *loop_, settings_.index, settings_.seed)),
      heartbeat_(std::make_unique<net::Deadline>(loop_->timers(), this, [](void* self) noexcept {
          static_cast<Worker*>(self)->on_heartbeat();
      })) {
    wakeup_->set_on_nudge([this] { on_nudge(); });
    thread_ = std::thread([this] { run(); });
}

Worker::~Worker() { end(); }

void Worker::end() {
    if (!thread_.joinable()) return;
    wakeup_->post([this] {
        acceptors_.clear();
        connections_.clear();
        context_->access_log.flush();
        heartbeat_->clear();
        loop_->stop();
    });
    thread_.join();
}

void Worker::run() {
    wakeup_->post([this] { on_heartbeat(); });
    loop_->run();
    // What belongs to the loop ends on its thread, in the order of who uses whom.
    site_.reset();
    context_.reset();
    heartbeat_.reset();
}

void Worker::listen(std::vector<Socket> sockets) {
    wakeup_->post([this, sockets = std::move(sockets)] {
        for (const Socket& socket : sockets) {
            auto acceptor = std::make_unique<Acceptor>(*this, *site_->listeners[socket.listener]);
            const Result<void> opened = acceptor->open(socket.descriptor);
            ::close(socket.descriptor);  // the acceptor has a copy
            if (!opened) {
                log::error("{}", opened.error().message);
                continue;
            }
            acceptors_.push_back(std::move(acceptor));
        }
        if (cap_.is_full()) pause_accepting(true);
    });
}

void Worker::adopt(l7::ListenerEntry& listener, std::unique_ptr<net::Stream> stream) {
    if (!cap_.add()) pause_accepting(true);
    auto connection =
        std::make_unique<l7::ClientConnection>(*context_, listener, std::move(stream));
    l7::ClientConnection& started = *connection;
    connection->position = static_cast<std::uint32_t>(connections_.size());
    connections_.push_back(std::move(connection));
    started.start();
    if (context_->is_draining) started.drain();
}

void Worker::on_client_closed(l7::ClientConnection& connection) {
    const std::uint32_t position = connection.position;
    std::unique_ptr<l7::ClientConnection> closed = std::move(connections_[position]);
    if (position + 1 != connections_.size()) {
        connections_[position] = std::move(connections_.back());
        connections_[position]->position = position;
    }
    connections_.pop_back();
    loop_->retire(std::move(closed));
    cap_.remove();
    if (is_accepting_paused_ && !cap_.is_full()) pause_accepting(false);
    tell_when_drained();
}

void Worker::pause_accepting(bool is_paused) {
    if (is_paused == is_accepting_paused_) return;
    is_accepting_paused_ = is_paused;
    if (is_paused) {
        log::warn("{} client connections: accepting pauses until one ends (max_connections)",
                  cap_.count());
    }
    for (const auto& acceptor : acceptors_) {
        is_paused ? acceptor->listener().pause() : acceptor->listener().resume();
    }
}

void Worker::on_nudge() {
    for (const auto& pool : site_->pools) pool->pool.serve_waiters(loop_->now());
}

void Worker::on_heartbeat() {
    const Time now = loop_->now();
    if (heartbeat_due_ != Time{}) {
        const Duration lag = now - heartbeat_due_;
        loop_lag_.set(std::chrono::duration<double>(lag).count());
    }
    context_->access_log.flush();
    // Another worker's client may have ended while this one was at the cap, or have reached it.
    pause_accepting(cap_.is_full());
    heartbeat_due_ = now + kHeartbeat;
    heartbeat_->set(heartbeat_due_);
}

void Worker::drain(std::function<void()> on_drained) {
    wakeup_->post([this, on_drained = std::move(on_drained)] {
        on_drained_ = on_drained;
        context_->is_draining = true;
        for (const auto& acceptor : acceptors_) acceptor->listener().close_gracefully();
        acceptors_.clear();
        // Draining one moves another into its place: from the end, each is met once.
        for (std::size_t index = connections_.size(); index-- > 0;) connections_[index]->drain();
        tell_when_drained();
    });
}

void Worker::abort(bool with_exchanges, bool with_tunnels) {
    wakeup_->post([this, with_exchanges, with_tunnels] {
        for (std::size_t index = connections_.size(); index-- > 0;) {
            l7::ClientConnection& connection = *connections_[index];
            if (connection.is_tunnel() ? with_tunnels : with_exchanges) connection.abort();
        }
    });
}

void Worker::tell_when_drained() {
    if (!connections_.empty() || on_drained_ == nullptr) return;
    context_->access_log.flush();
    std::exchange(on_drained_, nullptr)();
}

}  // namespace fairlead::runtime
