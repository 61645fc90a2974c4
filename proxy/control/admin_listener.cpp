#include "proxy/control/admin_listener.h"

#include <algorithm>
#include <utility>

#include "proxy/control/admin_connection.h"
#include "proxy/telemetry/log.h"

namespace fairlead::control {
namespace {

constexpr std::size_t kNetworkConnectionsMax = 64;
constexpr std::size_t kControlConnectionsMax = 16;

}  // namespace

AdminListener::AdminListener(net::Loop& loop, Api& api, Kind kind, net::SocketSet sockets)
    : loop_(loop),
      api_(api),
      kind_(kind),
      address_(sockets.address()),
      sockets_(std::move(sockets)) {}

AdminListener::~AdminListener() = default;

Result<std::unique_ptr<AdminListener>> AdminListener::make(net::Loop& loop, Api& api, Kind kind,
                                                           net::SocketSet sockets) {
    std::unique_ptr<AdminListener> made(new AdminListener(loop, api, kind, std::move(sockets)));
    auto listener = net::Listener::make(loop, made->sockets_->descriptor(0), *made);
    if (!listener) return fail(std::move(listener).error());
    made->listener_ = std::move(*listener);
    made->listener_->pause();
    return made;
}

void AdminListener::open() {
    listener_->resume();
    if (kind_ == Kind::Control) {
        telemetry::log::info("control socket: {}", address_.address.unix_path);
    } else if (address_.address.is_unix()) {
        telemetry::log::info("admin endpoint: {}", address_.text());
    } else {
        telemetry::log::info("admin endpoint: http://{}/", address_.text());
    }
}

void AdminListener::finish(std::function<void(AdminListener&)> on_finished) {
    listener_.reset();
    sockets_.reset();
    std::vector<AdminConnection*> idle;
    for (const auto& connection : connections_) {
        if (!connection->finish()) idle.push_back(connection.get());
    }
    for (AdminConnection* each : idle) remove(*each);
    on_finished_ = std::move(on_finished);
    if (connections_.empty()) on_finished_(*this);
}

void AdminListener::on_accepted(std::unique_ptr<net::Stream> stream) {
    const std::size_t most =
        kind_ == Kind::Control ? kControlConnectionsMax : kNetworkConnectionsMax;
    if (connections_.size() >= most) make_room();
    Caller caller;
    caller.is_control = kind_ == Kind::Control;
    caller.uid = stream->peer_uid();
    if (!address_.address.is_unix()) caller.peer = stream->peer().text();
    caller.bind = address_;
    connections_.push_back(std::make_unique<AdminConnection>(*this, loop_, api_, std::move(stream),
                                                             std::move(caller)));
}

/// Idle ones go first, the oldest of them: a person must get in while scrapers hang, and who waits
/// for the outcome of a change is the last to go.
void AdminListener::make_room() {
    const auto least =
        std::min_element(connections_.begin(), connections_.end(),
                         [](const auto& a, const auto& b) { return a->worth() < b->worth(); });
    remove(**least);
}

void AdminListener::on_accept_failed(Failure failure) {
    telemetry::log::warn("admin endpoint: cannot accept: {}", word(failure));
}

void AdminListener::remove(AdminConnection& connection) {
    const auto found = std::find_if(connections_.begin(), connections_.end(),
                                    [&](const auto& each) { return each.get() == &connection; });
    if (found == connections_.end()) return;
    connection.detach();
    loop_.retire(std::move(*found));
    connections_.erase(found);
    if (connections_.empty() && on_finished_) on_finished_(*this);
}

}  // namespace fairlead::control
