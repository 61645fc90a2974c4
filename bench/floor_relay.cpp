#include "bench/floor_relay.h"

#include <cassert>
#include <optional>

#include "proxy/net/relay.h"
#include "proxy/net/uv_stream.h"

namespace fairlead::bench {

/// One client and its backend. Owned by the relay, which forgets it when it has ended.
class FloorRelay::Session final : public net::StreamObserver, public net::RelayObserver {
  public:
    Session(FloorRelay& floor, std::unique_ptr<net::Stream> client, const SocketAddress& backend)
        : floor_(floor),
          client_(std::move(client)),
          backend_(net::connect(floor.loop_, backend, *this)) {}

    /// The client is read from now on; what it has sent meanwhile waits in the kernel.
    void on_connected() override {
        // No idle time: the deadline of a relay costs a few stores then and no timer.
        relay_.emplace(floor_.loop_, std::move(client_), std::move(backend_), kForever, *this);
        relay_->start();
    }
    void on_broken(Failure) override {
        client_->reset();  // a proxy without a backend has nothing to say at this layer
        floor_.forget(*this);
    }
    void on_relay_ended(Failure) override { floor_.forget(*this); }

    // The relay hears these: a backend is connected before it sends or ends.
    void on_bytes(std::span<char>) override { assert(false); }
    void on_end() override { assert(false); }

  private:
    FloorRelay& floor_;
    std::unique_ptr<net::Stream> client_;   // until connected
    std::unique_ptr<net::Stream> backend_;  // until connected
    std::optional<net::Relay> relay_;       // from then on
};

FloorRelay::FloorRelay(net::Loop& loop, net::SocketSet sockets, std::vector<SocketAddress> backends)
    : loop_(loop), sockets_(std::move(sockets)), backends_(std::move(backends)) {}

FloorRelay::~FloorRelay() = default;

Result<std::unique_ptr<FloorRelay>> FloorRelay::make(net::Loop& loop, FloorRelaySettings settings) {
    assert(!settings.backends.empty());
    auto sockets = net::SocketSet::bind(settings.bind, 1);
    if (!sockets) return fail(std::move(sockets).error());
    std::unique_ptr<FloorRelay> floor(
        new FloorRelay(loop, std::move(*sockets), std::move(settings.backends)));
    auto listener = net::Listener::make(loop, floor->sockets_.descriptor(0), *floor);
    if (!listener) return fail(std::move(listener).error());
    floor->listener_ = std::move(*listener);
    return floor;
}

void FloorRelay::forget(Session& session) {
    const auto found = sessions_.find(&session);
    assert(found != sessions_.end());
    loop_.retire(std::move(found->second));
    sessions_.erase(found);
}

void FloorRelay::on_accepted(std::unique_ptr<net::Stream> stream) {
    const SocketAddress& backend = backends_[next_backend_];
    next_backend_ = (next_backend_ + 1) % backends_.size();
    auto session = std::make_unique<Session>(*this, std::move(stream), backend);
    Session* key = session.get();
    sessions_.emplace(key, std::move(session));
}

// Accepting goes on by itself; whoever opened too many connections sees them wait.
void FloorRelay::on_accept_failed(Failure) {}

}  // namespace fairlead::bench
