/// One address of the admin endpoint with the connections that came in by it, so many at most: who
/// floods one address shuts nobody out of the other. Owned by the AdminServer; main's thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/control/api.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"

namespace fairlead::control {

class AdminConnection;

class AdminListener final : private net::ListenerObserver {
  public:
    enum class Kind : std::uint8_t { Network, Control };
    /// Bound; nobody is let in before open(). `loop` and `api` outlive it.
    static Result<std::unique_ptr<AdminListener>> make(net::Loop& loop, Api& api, Kind kind,
                                                       net::SocketSet sockets);
    ~AdminListener();
    AdminListener(const AdminListener&) = delete;
    AdminListener& operator=(const AdminListener&) = delete;

    void open();
    /// Closes its sockets; answers that are under way are still sent. `on_finished` is called when
    /// the last connection has gone, perhaps at once; it may retire this.
    void finish(std::function<void(AdminListener&)> on_finished);

    /// With the real port.
    const BindAddress& address() const { return address_; }
    /// To give them away at a takeover. Not after finish().
    net::SocketSet& sockets() { return *sockets_; }

  private:
    friend class AdminConnection;
    AdminListener(net::Loop& loop, Api& api, Kind kind, net::SocketSet sockets);
    void on_accepted(std::unique_ptr<net::Stream> stream) override;
    void on_accept_failed(Failure failure) override;
    void make_room();
    void remove(AdminConnection& connection);

    net::Loop& loop_;
    Api& api_;
    const Kind kind_;
    BindAddress address_;
    std::optional<net::SocketSet> sockets_;  ///< nothing after finish()
    std::unique_ptr<net::Listener> listener_;
    std::vector<std::unique_ptr<AdminConnection>> connections_;  ///< oldest first
    std::function<void(AdminListener&)> on_finished_;
};

}  // namespace fairlead::control
