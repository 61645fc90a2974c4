/// The admin endpoint's sockets: accepts on main's loop, a few connections at a time, HTTP/1.1 with
/// keep-alive, every wait bounded.
#pragma once

#include <memory>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/runtime/server.h"

namespace fairlead::control {

class AdminConnection;

class AdminServer final : private net::ListenerObserver {
  public:
    /// Binds and serves from now on. `loop` and `server` outlive it.
    static Result<std::unique_ptr<AdminServer>> make(net::Loop& loop, runtime::Server& server,
                                                     const BindAddress& bind);
    ~AdminServer();
    AdminServer(const AdminServer&) = delete;
    AdminServer& operator=(const AdminServer&) = delete;

    /// With the real port.
    const BindAddress& address() const { return sockets_.address(); }

  private:
    friend class AdminConnection;
    AdminServer(net::Loop& loop, runtime::Server& server, net::SocketSet sockets);
    void on_accepted(std::unique_ptr<net::Stream> stream) override;
    void on_accept_failed(Failure failure) override;
    void remove(AdminConnection& connection);

    net::Loop& loop_;
    runtime::Server& server_;
    net::SocketSet sockets_;
    std::unique_ptr<net::Listener> listener_;
    std::vector<std::unique_ptr<AdminConnection>> connections_;
};

}  // namespace fairlead::control
