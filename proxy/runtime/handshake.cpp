#include "proxy/runtime/handshake.h"

#include <utility>

#include "proxy/net/tls_server.h"
#include "proxy/runtime/farewell.h"

namespace fairlead::runtime {

Handshake::Handshake(net::Loop& loop, unsigned worker, HandshakeOwner& owner, HandshakeGate& gate,
                     Slot& slot, std::unique_ptr<net::Stream> stream,
                     const net::ProxyHeader* header, Time started)
    : ConnectionStage(loop, worker, slot, std::move(stream), started),
      owner_(owner),
      gate_(gate),
      tls_(slot.tls) {
    if (header != nullptr) header_ = *header;
}

Handshake::~Handshake() { leave_gate(); }

void Handshake::start(std::span<char> first) {
    listen(handshake_end());
    inner().start_reading();
    if (!first.empty()) on_bytes(first);  // last: this may retire us
}

/// The first bytes of a client, in clear still: from here on TLS reads by itself.
void Handshake::on_bytes(std::span<char> bytes) {
    if (is_over() || is_tls_ || is_waiting_) return;
    first_.append(bytes.data(), bytes.size());
    if (slot().mode == conf::Mode::Http) {
        const LooksPlain looks = looks_plain(first_);
        if (looks == LooksPlain::Maybe) return;
        if (looks == LooksPlain::Yes) {
            end();
            reason_ = "the other side speaks plain HTTP";
            owner_.on_plain_http(*this, first_);
            return;
        }
    }
    inner().stop_reading();
    if (gate_.enter(*this)) {
        begin();
    } else {
        is_waiting_ = true;
    }
}

void Handshake::begin() {
    is_waiting_ = false;
    is_tls_ = true;
    put_stream(net::accept_tls(loop(), tls_, take_stream(), first_));
    first_ = std::string();
    inner().set_observer(*this);
    inner().start_reading();
}

void Handshake::on_connected() {
    if (end()) owner_.on_handshake_done(*this);
}

// Health checks of whoever is in front connect and close: nothing is wrong with that.
void Handshake::on_end() {
    if (has_begun()) reason_ = "the other side closed the connection";
    fail(has_begun() ? Failure::TlsClientFailed : Failure::None);
}

void Handshake::on_broken(Failure) {
    if (is_tls_) reason_ = net::tls_error(stream());
    fail(reason_.empty() ? Failure::None : Failure::TlsClientFailed);
}

void Handshake::on_deadline() {
    reason_ = has_begun() ? "it was not done in time" : "nothing was said";
    fail(Failure::TlsClientFailed);
}

void Handshake::tell_failed(Failure failure) {
    leave_gate();  // it may be some time until this is buried
    owner_.on_handshake_failed(*this, failure);
}

void Handshake::leave_gate() {
    if (std::exchange(is_waiting_, false)) gate_.leave(*this);
}

}  // namespace fairlead::runtime
