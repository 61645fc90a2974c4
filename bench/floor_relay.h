/// A relay that looks at nothing: each client gets a backend connection of its own, and bytes are
/// copied both ways. What a balancer costs beyond this is its own doing; the rest is the kernel's
/// and libuv's. Shown beside the peers in a side-by-side.
/// Owns its port and its sessions; lives on, and is touched by, its loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/result.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"

namespace fairlead::bench {

struct FloorRelaySettings {
    BindAddress bind;                     ///< port 0: any free one
    std::vector<SocketAddress> backends;  ///< not empty; taken in turn
};

class FloorRelay final : public net::ListenerObserver {
  public:
    /// Binds and listens. `loop` outlives the relay.
    static Result<std::unique_ptr<FloorRelay>> make(net::Loop& loop, FloorRelaySettings settings);
    ~FloorRelay();  ///< closes the port and every session
    FloorRelay(const FloorRelay&) = delete;
    FloorRelay& operator=(const FloorRelay&) = delete;

    /// As bound, with the real port.
    const BindAddress& address() const { return sockets_.address(); }
    std::size_t sessions() const { return sessions_.size(); }

    void on_accepted(std::unique_ptr<net::Stream> stream) override;
    void on_accept_failed(Failure failure) override;

  private:
    class Session;

    FloorRelay(net::Loop& loop, net::SocketSet sockets, std::vector<SocketAddress> backends);
    void forget(Session& session);

    net::Loop& loop_;
    net::SocketSet sockets_;
    const std::vector<SocketAddress> backends_;
    std::size_t next_backend_ = 0;
    std::unique_ptr<net::Listener> listener_;
    std::unordered_map<Session*, std::unique_ptr<Session>> sessions_;
};

}  // namespace fairlead::bench
