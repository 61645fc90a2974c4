/// Sends back every byte it gets: what a load over plain TCP talks to. Holds a bounded part of what
/// a client does not read, and keeps a half-closed connection until all is sent back. Owns its port
/// and its connections; lives on, and is touched by, its loop's thread.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>

#include "proxy/base/address.h"
#include "proxy/base/result.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"

namespace fairlead::bench {

class EchoServer final : public net::ListenerObserver {
  public:
    /// Binds and listens. `loop` outlives the server.
    static Result<std::unique_ptr<EchoServer>> make(net::Loop& loop, const BindAddress& bind);
    ~EchoServer();  ///< closes the port and every connection
    EchoServer(const EchoServer&) = delete;
    EchoServer& operator=(const EchoServer&) = delete;

    /// As bound, with the real port.
    const BindAddress& address() const { return sockets_.address(); }
    std::size_t connections() const { return connections_.size(); }

    void on_accepted(std::unique_ptr<net::Stream> stream) override;
    void on_accept_failed(Failure failure) override;

  private:
    class Connection;

    EchoServer(net::Loop& loop, net::SocketSet sockets);
    void forget(Connection& connection);

    net::Loop& loop_;
    net::SocketSet sockets_;
    std::unique_ptr<net::Listener> listener_;
    std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
};

}  // namespace fairlead::bench
