#include "proxy/control/admin_server.h"

#include <algorithm>

#include "proxy/control/admin_connection.h"
#include "proxy/telemetry/log.h"

namespace fairlead::control {
namespace {

constexpr std::size_t kConnectionsMax = 64;

}  // namespace

AdminServer::AdminServer(net::Loop& loop, runtime::Server& server, net::SocketSet sockets)
    : loop_(loop), server_(server), sockets_(std::move(sockets)) {}

AdminServer::~AdminServer() = default;

Result<std::unique_ptr<AdminServer>> AdminServer::make(net::Loop& loop, runtime::Server& server,
                                                       const BindAddress& bind) {
    auto sockets = net::SocketSet::bind(bind, 1);
    if (!sockets) return fail(std::move(sockets).error());
    std::unique_ptr<AdminServer> admin(new AdminServer(loop, server, std::move(*sockets)));
    auto listener = net::Listener::make(loop, admin->sockets_.descriptor(0), *admin);
    if (!listener) return fail(std::move(listener).error());
    admin->listener_ = std::move(*listener);
    return admin;
}

void AdminServer::on_accepted(std::unique_ptr<net::Stream> stream) {
    if (connections_.size() >= kConnectionsMax) {
        // The one that has been here longest makes room: a person must get in while scrapers hang.
        remove(*connections_.front());
    }
    connections_.push_back(std::make_unique<AdminConnection>(*this, std::move(stream)));
}

void AdminServer::on_accept_failed(Failure failure) {
    telemetry::log::warn("admin endpoint: cannot accept: {}", word(failure));
}

void AdminServer::remove(AdminConnection& connection) {
    const auto found = std::find_if(connections_.begin(), connections_.end(),
                                    [&](const auto& each) { return each.get() == &connection; });
    if (found == connections_.end()) return;
    connection.detach();
    loop_.retire(std::move(*found));
    connections_.erase(found);
}

}  // namespace fairlead::control
