#include "proxy/runtime/preface.h"

#include <algorithm>
#include <utility>

#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

/// While draining, for the header of a client that has just come.
constexpr Duration kDrainGrace = std::chrono::seconds{1};

}  // namespace

Preface::Preface(net::Loop& loop, unsigned worker, PrefaceOwner& owner, Slot& slot,
                 std::unique_ptr<net::Stream> stream)
    : loop_(loop),
      worker_(worker),
      owner_(owner),
      slot_(slot),
      stream_(std::move(stream)),
      deadline_(net::Deadline::of<&Preface::on_deadline>(loop.timers(), *this)),
      started_(loop.now()) {
    ++slot_.prefaces;
    slot_.series().connections->add(worker_, 1);
}

Preface::~Preface() {
    --slot_.prefaces;
    slot_.series().connections->add(worker_, -1);
    net::close(loop_, std::move(stream_));
}

void Preface::start() {
    stream_->set_observer(*this);
    stream_->start_reading();
    deadline_.set(after(started_, slot_.config().timeouts.handshake));
}

void Preface::drain() {
    if (reader_.has_begun()) return;
    deadline_.set(std::min(deadline_.when(), loop_.now() + kDrainGrace));
}

void Preface::on_bytes(std::span<char> bytes) {
    if (is_over_) return;
    const net::ProxyHeaderResult result = reader_.feed(bytes);
    switch (result.status) {
        case net::ProxyHeaderStatus::NeedMore:
            return;
        case net::ProxyHeaderStatus::Refused:
            telemetry::log::debug("listener {}: PROXY header: {}", slot_.name, result.reason);
            fail(Failure::ProxyHeaderBad);
            return;
        case net::ProxyHeaderStatus::Complete:
            break;
    }
    is_over_ = true;
    deadline_.clear();
    owner_.on_preface_done(*this, bytes.subspan(result.consumed));
}

// Health checks of whoever is in front connect and close: nothing is wrong with that.
void Preface::on_end() { fail(reader_.has_begun() ? Failure::ProxyHeaderBad : Failure::None); }
void Preface::on_broken(Failure) { on_end(); }
void Preface::on_deadline() { fail(Failure::ProxyHeaderBad); }

void Preface::fail(Failure failure) {
    if (std::exchange(is_over_, true)) return;
    deadline_.clear();
    owner_.on_preface_failed(*this, failure);
}

bool must_begin_with_header(const conf::Listener& listener, const net::Stream& stream) {
    if (listener.accept_proxy.empty()) return false;
    const SocketAddress peer = stream.peer();
    return !peer.is_unix() &&
           std::any_of(listener.accept_proxy.begin(), listener.accept_proxy.end(),
                       [&](const IpNetwork& network) { return network.contains(peer.ip); });
}

}  // namespace fairlead::runtime
