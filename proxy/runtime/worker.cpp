#include "proxy/runtime/worker.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

namespace log = telemetry::log;
/// Also how long a line of the access log may wait in a worker's buffer.
constexpr Duration kHeartbeat = std::chrono::milliseconds{250};
/// At its limit a listener pauses and goes on all the time.
constexpr Duration kPauseLogEvery = std::chrono::seconds{10};

}  // namespace

/// One listening socket of this worker.
class Worker::Acceptor final : private net::ListenerObserver {
  public:
    Acceptor(Worker& worker, decltype(Socket::id) its_id, Slot& its_slot)
        : id(its_id), slot(&its_slot), worker_(worker) {}

    Result<void> open(int descriptor) {
        auto listener = net::Listener::make(*worker_.loop_, descriptor, *this);
        if (!listener) return fail(std::move(listener).error());
        listener_ = std::move(*listener);
        return {};
    }
    net::Listener& listener() { return *listener_; }
    void pause(bool is_wanted) {
        if (is_wanted == is_paused_) return;
        is_paused_ = is_wanted;
        is_wanted ? listener_->pause() : listener_->resume();
    }

    const decltype(Socket::id) id;
    Slot* slot;  ///< whose clients these are

  private:
    void on_accepted(std::unique_ptr<net::Stream> stream) override {
        worker_.adopt(*slot, std::move(stream));
    }
    void on_accept_failed(Failure failure) override {
        log::warn("listener {}: cannot accept: {}", slot->name, word(failure));
    }

    Worker& worker_;
    std::unique_ptr<net::Listener> listener_;
    bool is_paused_ = false;
};

Worker::Worker(WorkerSettings settings, std::shared_ptr<const Snapshot> snapshot,
               telemetry::AccessWriter& access_log, telemetry::Gauge& loop_lag, ConnectionCap& cap)
    : settings_(std::move(settings)),
      cap_(cap),
      loop_lag_(loop_lag),
      loop_(std::make_unique<net::Loop>()),
      wakeup_(std::make_unique<net::Wakeup>(*loop_)),
      heartbeat_(std::make_unique<net::Deadline>(
          loop_->timers(), this,
          [](void* self) noexcept { static_cast<Worker*>(self)->on_heartbeat(); })),
      clients_(std::make_unique<Clients>(*loop_, settings_.index,
                                         static_cast<ClientsObserver&>(*this), access_log,
                                         settings_.instance, settings_.seed)) {
    enter_site(std::move(snapshot));
    wakeup_->set_on_nudge([this] { on_nudge(); });
    thread_ = std::thread([this] { run(); });
}

Worker::~Worker() { end(); }

void Worker::end() {
    if (!thread_.joinable()) return;
    wakeup_->post([this] {
        is_ending_ = true;
        acceptors_.clear();
        clients_->clear();
        heartbeat_->clear();
        loop_->stop();
    });
    thread_.join();
}

void Worker::run() {
    wakeup_->post([this] { on_heartbeat(); });
    loop_->run();
    // What belongs to the loop ends on its thread, in the order of who uses whom.
    slots_.clear();
    present_.end();
    sites_.clear();
    clients_.reset();
    heartbeat_.reset();
}

void Worker::listen(std::vector<Socket> sockets) {
    wakeup_->post(
        [this, sockets = std::move(sockets)]() mutable { set_sockets(std::move(sockets)); });
}

void Worker::set_sockets(std::vector<Socket> sockets) {
    std::vector<std::unique_ptr<Acceptor>> before;
    before.swap(acceptors_);
    for (const Socket& socket : sockets) {
        Slot* const slot = find_slot(socket.listener);
        const auto same = std::find_if(before.begin(), before.end(), [&](const auto& each) {
            return each != nullptr && each->id == socket.id;
        });
        if (same != before.end()) {
            (*same)->slot = slot;
            acceptors_.push_back(std::move(*same));
        } else if (socket.descriptor >= 0) {
            auto acceptor = std::make_unique<Acceptor>(*this, socket.id, *slot);
            const Result<void> opened = acceptor->open(socket.descriptor);
            if (opened) {
                acceptors_.push_back(std::move(acceptor));
            } else {
                log::error("{}", opened.error().message);
            }
        }
        if (socket.descriptor >= 0) ::close(socket.descriptor);  // the acceptor has a copy
    }
    // Whoever the kernel has let in already is served, and told that the connection ends.
    for (const auto& gone : before) {
        if (gone != nullptr) gone->listener().close_gracefully();
    }
    update_accepting();
}

Slot* Worker::find_slot(std::string_view name) {
    const auto found = std::find_if(slots_.begin(), slots_.end(), [&](const auto& each) {
        return !each->has_left() && each->name == name;
    });
    assert(found != slots_.end());
    return found->get();
}

void Worker::enter_site(std::shared_ptr<const Snapshot> snapshot) {
    auto site = std::make_unique<Site>(std::move(snapshot), this, &Worker::on_site_unused);
    const Site* const before = sites_.empty() ? nullptr : sites_.back().get();
    build_site(*site, before, *loop_, settings_.index,
               settings_.seed + site->snapshot->generation * 1000);
    sites_.push_back(std::move(site));
    Site& present = *sites_.back();
    connect::SiteUse use(present.life);
    point_slots(present);
    present_ = std::move(use);  // last: the one before may be unused now
}

namespace {

/// Null for a listener in clear.
std::shared_ptr<net::TlsServer> tls_of(const Site& site, std::string_view listener,
                                       unsigned worker) {
    for (const SnapshotListener& each : site.snapshot->listeners) {
        if (each.config->name == listener) return each.tls.empty() ? nullptr : each.tls[worker];
    }
    return nullptr;
}

}  // namespace

/// Every configured listener has a slot that leads to its present entry. A listener that speaks
/// something else now is another one.
void Worker::point_slots(Site& site) {
    const auto& listeners = site.snapshot->listeners;
    for (const auto& slot : slots_) {
        const bool stays = std::any_of(listeners.begin(), listeners.end(), [&](const auto& each) {
            return each.presence == slot->presence;
        });
        if (!stays && !slot->has_left()) slot->leave(site.snapshot->generation);
    }
    for (const SnapshotListener& listener : listeners) {
        const bool is_there = std::any_of(slots_.begin(), slots_.end(), [&](const auto& each) {
            return each->presence == listener.presence;
        });
        if (is_there) continue;
        slots_.push_back(std::make_unique<Slot>(listener.config->name, listener.config->mode,
                                                listener.presence));
    }
    for (const auto& listener : site.http_listeners) {
        Slot& slot = *find_slot(listener->config.name);
        slot.http.entry = listener.get();
        slot.tls = tls_of(site, slot.name, settings_.index);
        slot.http.use = connect::SiteUse(site.life);
    }
    for (const auto& listener : site.tcp_listeners) {
        Slot& slot = *find_slot(listener->config.name);
        slot.tcp.entry = listener.get();
        slot.tls = tls_of(site, slot.name, settings_.index);
        slot.tcp.use = connect::SiteUse(site.life);
    }
}

void Worker::apply(Change change) {
    wakeup_->post([this, change = std::make_shared<Change>(std::move(change))] {
        if (change->access_log != nullptr) clients_->set_access_log(*change->access_log);
        enter_site(std::move(change->snapshot));
        if (change->is_listening) set_sockets(std::move(change->sockets));
        clients_->drain_leaving();
        drop_empty_slots();
        // Who waits for a lease may find one among new backends.
        on_nudge();
        change->on_applied();
    });
}

void Worker::drop_empty_slots() {
    std::erase_if(slots_, [](const auto& slot) { return slot->has_left() && slot->is_empty(); });
}

void Worker::on_site_unused(void* worker, connect::SiteLife& life) noexcept {
    auto& self = *static_cast<Worker*>(worker);
    if (self.is_ending_) return;
    const auto found = std::find_if(self.sites_.begin(), self.sites_.end(),
                                    [&](const auto& each) { return &each->life == &life; });
    assert(found != self.sites_.end());
    self.loop_->retire(std::move(*found));
    self.sites_.erase(found);
}

void Worker::adopt(Slot& slot, std::unique_ptr<net::Stream> stream) {
    const bool has_room = cap_.add();
    clients_->adopt(slot, std::move(stream));
    if (!has_room || slot.is_full()) update_accepting();
}

void Worker::on_client_gone() {
    cap_.remove();
    if (is_accepting_paused_) update_accepting();
    tell_when_drained();
}

/// Pauses what is at its limit, the process or one listener, and lets the others go on. Each worker
/// sees for itself: it may come a few connections late.
void Worker::update_accepting() {
    const bool is_capped = cap_.is_full();
    const Slot* full = nullptr;
    for (const auto& acceptor : acceptors_) {
        const bool is_full = acceptor->slot->is_full();
        if (is_full) full = acceptor->slot;
        acceptor->pause(is_capped || is_full);
    }
    const bool was_paused = std::exchange(is_accepting_paused_, is_capped || full != nullptr);
    const Time now = loop_->now();
    if (!is_accepting_paused_ || was_paused ||
        (pause_logged_ != Time::min() && now - pause_logged_ < kPauseLogEvery)) {
        return;
    }
    pause_logged_ = now;
    if (is_capped) {
        log::warn("{} client connections: accepting pauses until one ends (max_connections)",
                  cap_.count());
    } else {
        log::warn(
            "listener {}: {} connections: accepting pauses until one ends "
            "(limits.connections)",
            full->name, full->presence->load.connections());
    }
}

void Worker::on_nudge() {
    // Those of earlier configurations still wait in their own queues. Serving may end a site: from
    // the end, and by index.
    for (std::size_t index = sites_.size(); index-- > 0;) {
        if (index >= sites_.size()) continue;
        const connect::SiteUse use(sites_[index]->life);
        for (const auto& pool : sites_[index]->pools) pool->pool.serve_waiters(loop_->now());
    }
}

void Worker::on_heartbeat() {
    const Time now = loop_->now();
    if (heartbeat_due_ != Time{}) {
        const Duration lag = now - heartbeat_due_;
        loop_lag_.set(std::chrono::duration<double>(lag).count());
    }
    clients_->flush_access_log();
    drop_empty_slots();
    // Another worker's client may have ended while this one was at the cap, or have reached it.
    update_accepting();
    heartbeat_due_ = now + kHeartbeat;
    heartbeat_->set(heartbeat_due_);
}

void Worker::drain(std::function<void()> on_drained) {
    wakeup_->post([this, on_drained = std::move(on_drained)] {
        on_drained_ = on_drained;
        for (const auto& acceptor : acceptors_) acceptor->listener().close_gracefully();
        acceptors_.clear();
        clients_->drain();
        tell_when_drained();
    });
}

void Worker::abort(bool with_exchanges, bool with_tunnels) {
    wakeup_->post(
        [this, with_exchanges, with_tunnels] { clients_->abort(with_exchanges, with_tunnels); });
}

void Worker::abort_on(std::shared_ptr<const balancing::Backend> backend, bool with_exchanges,
                      bool with_tunnels) {
    wakeup_->post([this, backend = std::move(backend), with_exchanges, with_tunnels] {
        clients_->abort_on(*backend, with_exchanges, with_tunnels);
    });
}

void Worker::leave_backend(std::shared_ptr<const balancing::Backend> backend) {
    wakeup_->post([this, backend = std::move(backend)] { clients_->leave_backend(*backend); });
}

void Worker::abort_leaving(std::uint64_t generation, bool with_exchanges, bool with_tunnels) {
    wakeup_->post([this, generation, with_exchanges, with_tunnels] {
        clients_->abort_leaving(generation, with_exchanges, with_tunnels);
    });
}

void Worker::tell_when_drained() {
    if (on_drained_ == nullptr || !clients_->is_empty()) return;
    clients_->flush_access_log();
    std::exchange(on_drained_, nullptr)();
}

}  // namespace fairlead::runtime
