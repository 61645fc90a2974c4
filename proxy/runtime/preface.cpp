#include "proxy/runtime/preface.h"

#include <utility>

#include "proxy/telemetry/log.h"

namespace fairlead::runtime {

Preface::Preface(net::Loop& loop, unsigned worker, PrefaceOwner& owner, Slot& slot,
                 std::unique_ptr<net::Stream> stream)
    : ConnectionStage(loop, worker, slot, std::move(stream), loop.now()), owner_(owner) {}

void Preface::start() {
    listen(handshake_end());
    inner().start_reading();
}

void Preface::on_bytes(std::span<char> bytes) {
    if (is_over()) return;
    const net::ProxyHeaderResult result = reader_.feed(bytes);
    switch (result.status) {
        case net::ProxyHeaderStatus::NeedMore:
            return;
        case net::ProxyHeaderStatus::Refused:
            telemetry::log::debug("listener {}: PROXY header: {}", slot().name, result.reason);
            fail(Failure::ProxyHeaderBad);
            return;
        case net::ProxyHeaderStatus::Complete:
            break;
    }
    end();
    owner_.on_preface_done(*this, bytes.subspan(result.consumed));
}

// Health checks of whoever is in front connect and close: nothing is wrong with that.
void Preface::on_end() { fail(reader_.has_begun() ? Failure::ProxyHeaderBad : Failure::None); }
void Preface::on_broken(Failure) { on_end(); }
void Preface::on_deadline() { fail(Failure::ProxyHeaderBad); }

void Preface::tell_failed(Failure failure) { owner_.on_preface_failed(*this, failure); }

bool must_begin_with_header(const conf::Listener& listener, const net::Stream& stream) {
    if (listener.accept_proxy.empty()) return false;
    const SocketAddress peer = stream.peer();
    return !peer.is_unix() && contains(listener.accept_proxy, peer.ip);
}

}  // namespace fairlead::runtime
