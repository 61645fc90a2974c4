/// Connections to one backend that one worker may use again: most recently used first, heard all
/// the time, so that a close or an unasked byte takes a connection out at once. One whose time is
/// over may be kept a while longer, out of use, to see when the backend closes it.
/// Lives on its worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "proxy/connect/endpoint.h"
#include "proxy/net/loop.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::connect {

class IdleConnections;

/// One established connection to a backend, in use or idle. Whoever uses it owns it.
class BackendConnection final : private net::StreamObserver {
  public:
    BackendConnection(net::Loop& loop, std::unique_ptr<net::Stream> stream);

    net::Stream& stream() { return *stream_; }
    /// Parts with the stream, for a tunnel; the connection is of no further use.
    std::unique_ptr<net::Stream> release_stream() { return std::move(stream_); }
    /// It has answered a request before: it may be closing without our knowing.
    bool is_reused() const { return requests_ > 0; }
    Duration idle_for(Time now) const { return now - idle_since_; }

  private:
    friend class IdleConnections;
    friend void close(net::Loop& loop, std::unique_ptr<BackendConnection> connection);
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_broken(Failure failure) override;
    void on_deadline();
    void leave();

    std::unique_ptr<net::Stream> stream_;
    IdleConnections* home_ = nullptr;  // null: in use
    net::Deadline deadline_;
    Time established_;
    Time idle_since_{};
    std::uint64_t requests_ = 0;
    bool is_watched_ = false;  // not to be used, only to see when the backend closes it
};

/// Closes a connection that is in use or just taken; nothing is heard of it any more. Null is
/// taken.
void close(net::Loop& loop, std::unique_ptr<BackendConnection> connection);

class IdleConnections {
  public:
    IdleConnections(net::Loop& loop, Endpoint& endpoint, const KeepaliveSettings& bounds);
    ~IdleConnections();
    IdleConnections(const IdleConnections&) = delete;
    IdleConnections& operator=(const IdleConnections&) = delete;

    /// The connection used last, or null. With `idle_max`, only one idle for less than that and
    /// with nothing to read: for a request that must not be sent twice.
    std::unique_ptr<BackendConnection> take(Duration idle_max = kForever);
    /// Keeps it, or closes it when the bounds (count, requests, age) say so. Its exchange is over
    /// and nothing was left unread.
    void put(std::unique_ptr<BackendConnection> connection);
    /// For connections put from now on; those that wait keep their times.
    void set_bounds(const KeepaliveSettings& bounds) { bounds_ = bounds; }
    const KeepaliveSettings& bounds() const { return bounds_; }
    /// How long an unused connection is kept now; zero: none is.
    Duration idle_limit() const { return bounds_.learns ? endpoint_.lesson.limit() : bounds_.idle; }
    /// The backend says how long it keeps one (Keep-Alive).
    void on_told(std::chrono::seconds timeout) {
        if (bounds_.learns) endpoint_.lesson.on_told(timeout);
    }
    /// Closes all.
    void clear();
    std::size_t size() const { return connections_.size(); }

  private:
    friend class BackendConnection;
    void on_expired(BackendConnection& connection);
    void on_closed(BackendConnection& connection);
    void remove(BackendConnection& connection);
    std::unique_ptr<BackendConnection> take_out(BackendConnection& connection);

    net::Loop& loop_;
    Endpoint& endpoint_;
    KeepaliveSettings bounds_;
    std::vector<std::unique_ptr<BackendConnection>> connections_;
    /// Not used any more; null: none is watched here.
    std::unique_ptr<BackendConnection> watched_;
};

}  // namespace fairlead::connect
