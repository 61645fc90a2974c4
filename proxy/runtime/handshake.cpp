#include "proxy/runtime/handshake.h"

#include <algorithm>
#include <utility>

#include "proxy/net/tls_server.h"

namespace fairlead::runtime {
namespace {

/// While draining, for the hello of a client that has just come.
constexpr Duration kDrainGrace = std::chrono::seconds{1};

}  // namespace

// ---- the gate

HandshakeGate::HandshakeGate(net::Loop& loop)
    : loop_(loop), next_turn_(net::Deadline::of<&HandshakeGate::on_turn>(loop.timers(), *this)) {}

bool HandshakeGate::enter(Handshake& handshake) {
    if (!next_turn_.is_set()) next_turn_.set(loop_.now());
    if (begun_ < kPerTurn && waiting_.empty()) {
        ++begun_;
        return true;
    }
    waiting_.push_back(&handshake);
    return false;
}

void HandshakeGate::leave(Handshake& handshake) {
    waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), &handshake), waiting_.end());
}

void HandshakeGate::on_turn() {
    begun_ = 0;
    while (begun_ < kPerTurn && !waiting_.empty()) {
        Handshake& next = *waiting_.front();
        waiting_.pop_front();
        ++begun_;
        next.begin();
    }
    if (!waiting_.empty()) next_turn_.set(loop_.now());
}

// ---- one of them

Handshake::Handshake(net::Loop& loop, unsigned worker, HandshakeOwner& owner, HandshakeGate& gate,
                     Slot& slot, std::unique_ptr<net::Stream> stream,
                     const net::ProxyHeader* header, Time started)
    : loop_(loop),
      worker_(worker),
      owner_(owner),
      gate_(gate),
      slot_(slot),
      tls_(slot.tls),
      stream_(std::move(stream)),
      deadline_(net::Deadline::of<&Handshake::on_deadline>(loop.timers(), *this)),
      started_(started) {
    if (header != nullptr) header_ = *header;
    ++slot_.prefaces;
    slot_.series().connections->add(worker_, 1);
}

Handshake::~Handshake() {
    if (is_waiting_) gate_.leave(*this);
    --slot_.prefaces;
    slot_.series().connections->add(worker_, -1);
    net::close(loop_, std::move(stream_));
}

void Handshake::start(std::span<char> first) {
    stream_->set_observer(*this);
    deadline_.set(after(started_, slot_.config().timeouts.handshake));
    if (first.empty()) {
        stream_->start_reading();
    } else {
        on_bytes(first);
    }
}

void Handshake::drain() {
    if (has_begun_ || is_waiting_) return;
    deadline_.set(std::min(deadline_.when(), loop_.now() + kDrainGrace));
}

/// The first bytes of a client, in clear still: from here on TLS reads by itself.
void Handshake::on_bytes(std::span<char> bytes) {
    if (is_over_ || has_begun_ || is_waiting_) return;
    stream_->stop_reading();
    first_.assign(bytes.data(), bytes.size());
    if (gate_.enter(*this)) {
        begin();
    } else {
        is_waiting_ = true;
    }
}

void Handshake::begin() {
    is_waiting_ = false;
    has_begun_ = true;
    stream_ = net::accept_tls(loop_, tls_, std::move(stream_), first_);
    first_ = std::string();
    stream_->set_observer(*this);
    stream_->start_reading();
}

void Handshake::on_connected() {
    if (std::exchange(is_over_, true)) return;
    deadline_.clear();
    owner_.on_handshake_done(*this);
}

// Health checks of whoever is in front connect and close: nothing is wrong with that.
void Handshake::on_end() { fail(Failure::None); }

void Handshake::on_broken(Failure) {
    if (has_begun_) reason_ = net::tls_error(*stream_);
    fail(reason_.empty() ? Failure::None : Failure::TlsClientFailed);
}

void Handshake::on_deadline() {
    const bool is_silent = !has_begun_ && !is_waiting_;
    reason_ = is_silent ? "nothing was said" : "it was not done in time";
    fail(Failure::TlsClientFailed);
}

void Handshake::fail(Failure failure) {
    if (std::exchange(is_over_, true)) return;
    deadline_.clear();
    owner_.on_handshake_failed(*this, failure);
}

}  // namespace fairlead::runtime
