#include "proxy/connect/connector.h"

#include <cassert>
#include <utility>

#include "proxy/net/tls_server.h"
#include "proxy/net/uv_stream.h"

namespace fairlead::connect {

Connector::Connector(net::Loop& loop, ConnectObserver& observer)
    : loop_(loop),
      observer_(observer),
      deadline_(net::Deadline::of<&Connector::on_deadline>(loop.timers(), *this)) {}

Connector::~Connector() = default;

void Connector::start(std::span<const SocketAddress> addresses, Duration timeout, Opening opening) {
    assert(stream_ == nullptr && !addresses.empty());
    addresses_ = addresses;
    opening_ = std::move(opening);
    tls_reason_.clear();
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
    is_securing_ = false;
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
    opening_.tls.reset();
    observer_.on_connect_failed(failure);
}

void Connector::on_connected() {
    if (opening_.tls != nullptr && !is_securing_) {
        is_securing_ = true;
        secure();
        return;
    }
    deadline_.clear();
    opening_.tls.reset();
    observer_.on_connect_done(std::move(stream_));
}

void Connector::secure() {
    if (!opening_.announcement.empty() && !stream_->write(opening_.announcement)) {
        fail(Failure::BackendReset);
        return;
    }
    stream_ = net::connect_tls(loop_, opening_.tls, std::move(stream_), opening_.name,
                               opening_.session_key, *this);
}

// Bytes and ends cannot come before on_connected, and after it somebody else observes.
void Connector::on_bytes(std::span<char>) { fail(Failure::BackendBadResponse); }
void Connector::on_end() { fail(Failure::BackendClosed); }

void Connector::on_broken(Failure failure) {
    if (is_securing_) {
        tls_reason_ = net::tls_error(*stream_);
        if (tls_reason_.empty()) tls_reason_ = "the connection was closed";
        fail(Failure::TlsFailed);
        return;
    }
    // A reset while connecting is a refusal in other words (a listener with a full or closed
    // queue).
    fail(failure == Failure::BackendReset ? Failure::ConnectRefused : failure);
}

void Connector::on_deadline() { fail(Failure::ConnectTimeout); }

}  // namespace fairlead::connect
