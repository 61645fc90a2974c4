#include "proxy/connect/connector.h"

#include <cassert>

#include "proxy/net/uv_stream.h"

namespace fairlead::connect {

Connector::Connector(net::Loop& loop, ConnectObserver& observer)
    : loop_(loop),
      observer_(observer),
      deadline_(net::Deadline::of<&Connector::on_deadline>(loop.timers(), *this)) {}

Connector::~Connector() = default;

void Connector::start(std::span<const SocketAddress> addresses, Duration timeout) {
    assert(stream_ == nullptr && !addresses.empty());
    addresses_ = addresses;
    next_ = 0;
    give_up_at_ = after(loop_.now(), timeout);
    try_next();
}

void Connector::cancel() {
    deadline_.clear();
    net::close(loop_, std::move(stream_));
}

void Connector::try_next() {
    const Time now = loop_.now();
    const auto left = static_cast<Duration::rep>(addresses_.size() - next_);
    deadline_.set(give_up_at_ == Time::max() ? Time::max() : now + (give_up_at_ - now) / left);
    stream_ = net::connect(loop_, addresses_[next_], *this);
    ++next_;
}

void Connector::fail(Failure failure) {
    net::close(loop_, std::move(stream_));
    // Without descriptors or ports of our own another address cannot do better.
    const bool is_ours = failure == Failure::NoDescriptors || failure == Failure::ConnectNoPorts;
    if (!is_ours && next_ < addresses_.size() && loop_.now() < give_up_at_) {
        try_next();
        return;
    }
    deadline_.clear();
    observer_.on_connect_failed(failure);
}

void Connector::on_connected() {
    deadline_.clear();
    observer_.on_connect_done(std::move(stream_));
}

// Bytes and ends cannot come before on_connected, and after it somebody else observes.
void Connector::on_bytes(std::span<char>) { fail(Failure::BackendBadResponse); }
void Connector::on_end() { fail(Failure::BackendClosed); }

void Connector::on_broken(Failure failure) {
    // A reset while connecting is a refusal in other words (a listener with a full or closed
    // queue).
    fail(failure == Failure::BackendReset ? Failure::ConnectRefused : failure);
}

void Connector::on_deadline() { fail(Failure::ConnectTimeout); }

}  // namespace fairlead::connect
