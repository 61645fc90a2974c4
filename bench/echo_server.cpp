#include "bench/echo_server.h"

#include <cassert>

namespace fairlead::bench {

namespace {

/// So much may wait for a client that does not read before it is not read any more either. One read
/// more than this is kept at most.
constexpr std::size_t kQueuedBytesMax = 256 * 1024;

}  // namespace

/// One client. Owned by the server, which forgets it when it has ended.
class EchoServer::Connection final : public net::StreamObserver {
  public:
    Connection(EchoServer& server, std::unique_ptr<net::Stream> stream)
        : server_(server), stream_(std::move(stream)) {
        stream_->set_observer(*this);
        stream_->start_reading();
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void on_bytes(std::span<char> bytes) override {
        if (!stream_->write(net::Bytes(bytes.data(), bytes.size()))) return server_.forget(*this);
        if (stream_->queued_bytes() > kQueuedBytesMax) stream_->stop_reading();
    }
    void on_end() override {
        has_client_ended_ = true;
        if (stream_->queued_bytes() == 0) server_.forget(*this);  // closing sends our own end
    }
    void on_drained() override {
        if (has_client_ended_) return server_.forget(*this);
        if (!stream_->is_reading()) stream_->start_reading();
    }
    void on_broken(Failure) override { server_.forget(*this); }

  private:
    EchoServer& server_;
    std::unique_ptr<net::Stream> stream_;
    bool has_client_ended_ = false;
};

EchoServer::EchoServer(net::Loop& loop, net::SocketSet sockets)
    : loop_(loop), sockets_(std::move(sockets)) {}

EchoServer::~EchoServer() = default;

Result<std::unique_ptr<EchoServer>> EchoServer::make(net::Loop& loop, const BindAddress& bind) {
    auto sockets = net::SocketSet::bind(bind, 1);
    if (!sockets) return fail(std::move(sockets).error());
    std::unique_ptr<EchoServer> server(new EchoServer(loop, std::move(*sockets)));
    auto listener = net::Listener::make(loop, server->sockets_.descriptor(0), *server);
    if (!listener) return fail(std::move(listener).error());
    server->listener_ = std::move(*listener);
    return server;
}

void EchoServer::forget(Connection& connection) {
    const auto found = connections_.find(&connection);
    assert(found != connections_.end());
    loop_.retire(std::move(found->second));
    connections_.erase(found);
}

void EchoServer::on_accepted(std::unique_ptr<net::Stream> stream) {
    auto connection = std::make_unique<Connection>(*this, std::move(stream));
    Connection* key = connection.get();
    connections_.emplace(key, std::move(connection));
}

// Accepting goes on by itself; whoever opened too many connections sees them wait.
void EchoServer::on_accept_failed(Failure) {}

}  // namespace fairlead::bench
