#include "proxy/connect/idle_connections.h"

#include <algorithm>
#include <cassert>

namespace fairlead::connect {

BackendConnection::BackendConnection(net::Loop& loop, std::unique_ptr<net::Stream> stream)
    : stream_(std::move(stream)),
      deadline_(net::Deadline::of<&BackendConnection::on_deadline>(loop.timers(), *this)),
      established_(loop.now()) {}

// Whatever happens to an idle connection ends it: a backend has nothing to say unasked.
void BackendConnection::on_bytes(std::span<char>) { leave(); }
void BackendConnection::on_end() { home_->on_closed(*this); }
void BackendConnection::on_broken(Failure) { leave(); }

void BackendConnection::on_deadline() {
    // The deadline is not cleared when a connection is taken, which would cost more than it saves.
    if (home_ != nullptr) home_->on_expired(*this);
}

void BackendConnection::leave() {
    assert(home_ != nullptr);
    home_->remove(*this);
}

void close(net::Loop& loop, std::unique_ptr<BackendConnection> connection) {
    if (connection == nullptr) return;
    net::close(loop, std::move(connection->stream_));
    loop.retire(std::move(connection));
}

IdleConnections::IdleConnections(net::Loop& loop, Endpoint& endpoint,
                                 const KeepaliveSettings& bounds)
    : loop_(loop), endpoint_(endpoint), bounds_(bounds) {}

IdleConnections::~IdleConnections() { clear(); }

std::unique_ptr<BackendConnection> IdleConnections::take(Duration idle_max) {
    if (connections_.empty()) return nullptr;
    if (idle_max != kForever) {
        BackendConnection& latest = *connections_.back();
        // Most recently used is last: when it is too old, so are the others.
        if (latest.idle_for(loop_.now()) >= idle_max) return nullptr;
        if (latest.stream_->has_pending_input()) return nullptr;
    }
    std::unique_ptr<BackendConnection> taken = std::move(connections_.back());
    connections_.pop_back();
    taken->home_ = nullptr;
    endpoint_.idle_connections.fetch_sub(1, std::memory_order_relaxed);
    return taken;
}

void IdleConnections::put(std::unique_ptr<BackendConnection> connection) {
    const Time now = loop_.now();
    ++connection->requests_;
    const bool is_worn = connection->requests_ >= bounds_.max_requests ||
                         now - connection->established_ >= bounds_.max_age ||
                         idle_limit() == Duration::zero();
    // Counted by add-and-undo: the bound holds over all workers without a lock.
    if (is_worn ||
        endpoint_.idle_connections.fetch_add(1, std::memory_order_relaxed) >= bounds_.per_backend) {
        if (!is_worn) endpoint_.idle_connections.fetch_sub(1, std::memory_order_relaxed);
        close(loop_, std::move(connection));
        return;
    }
    BackendConnection& kept = *connection;
    kept.home_ = this;
    kept.idle_since_ = now;
    kept.deadline_.set(after(now, idle_limit()));
    kept.stream_->set_observer(kept);
    if (!kept.stream_->is_reading()) kept.stream_->start_reading();
    connections_.push_back(std::move(connection));
}

void IdleConnections::clear() {
    if (watched_ != nullptr) connections_.push_back(std::move(watched_));
    for (auto& connection : connections_) {
        if (connection->is_watched_) endpoint_.lesson.on_watch_ended(false);
        connection->home_ = nullptr;
        close(loop_, std::move(connection));
    }
    endpoint_.idle_connections.fetch_sub(static_cast<std::uint32_t>(connections_.size()),
                                         std::memory_order_relaxed);
    connections_.clear();
}

/// Its time is over: it is used no more.
void IdleConnections::on_expired(BackendConnection& connection) {
    const Time now = loop_.now();
    if (connection.is_watched_) {
        connection.is_watched_ = false;
        endpoint_.lesson.on_watch_ended(true);
    } else if (bounds_.learns && endpoint_.lesson.begin_watch(now)) {
        connection.is_watched_ = true;
        connection.deadline_.set(connection.idle_since_ + IdleLesson::kWatch);
        watched_ = take_out(connection);
        return;
    }
    remove(connection);
}

void IdleConnections::on_closed(BackendConnection& connection) {
    if (bounds_.learns) {
        const Time now = loop_.now();
        endpoint_.lesson.on_closed(connection.idle_for(now), now);
    }
    remove(connection);
}

void IdleConnections::remove(BackendConnection& connection) {
    if (connection.is_watched_) endpoint_.lesson.on_watch_ended(false);
    std::unique_ptr<BackendConnection> gone = take_out(connection);
    gone->home_ = nullptr;
    endpoint_.idle_connections.fetch_sub(1, std::memory_order_relaxed);
    close(loop_, std::move(gone));
}

std::unique_ptr<BackendConnection> IdleConnections::take_out(BackendConnection& connection) {
    if (watched_.get() == &connection) return std::move(watched_);
    const auto found = std::find_if(connections_.begin(), connections_.end(),
                                    [&](const auto& each) { return each.get() == &connection; });
    assert(found != connections_.end());
    std::unique_ptr<BackendConnection> taken = std::move(*found);
    connections_.erase(found);
    return taken;
}

}  // namespace fairlead::connect
