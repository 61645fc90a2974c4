#include "health/socket_probe.h"

#include <cassert>
#include <utility>

#include "proxy/base/text.h"
#include "proxy/base/units.h"
#include "proxy/net/proxy_protocol.h"

namespace fairlead::health {
namespace {

/// How long bytes that arrived in time, but were not read yet, may take to be read.
constexpr Duration kGrace = std::chrono::milliseconds{20};

std::string_view describe(Failure failure) {
    switch (failure) {
        case Failure::ConnectRefused:
            return "connect refused";
        case Failure::ConnectUnreachable:
            return "host unreachable";
        case Failure::ConnectNoPorts:
            return "no local port is free";
        case Failure::NoDescriptors:
            return "no descriptor is free";
        case Failure::BackendReset:
            return "connection reset";
        case Failure::BackendClosed:
            return "connection closed";
        default:
            return row(failure).word;
    }
}

}  // namespace

SocketProbe::SocketProbe(net::Loop& loop, Duration timeout, ProbeTarget target)
    : loop_(loop),
      timeout_(timeout),
      target_(std::move(target)),
      connector_(loop, *this),
      deadline_(net::Deadline::of<&SocketProbe::on_deadline>(loop.timers(), *this)) {}

SocketProbe::~SocketProbe() = default;

void SocketProbe::start(OnDone on_done) {
    assert(!on_done_ && "one check at a time");
    on_done_ = std::move(on_done);
    began_ = loop_.now();
    has_grace_ = true;
    deadline_.set(after(began_, timeout_));
    connect::Opening opening;
    if (target_.tls != nullptr) {
        opening.tls = target_.tls;
        opening.name = target_.tls_name;
        if (target_.send_proxy != conf::SendProxy::Off) opening.announcement = header().bytes();
    }
    connector_.start(target_.addresses, timeout_, std::move(opening));
}

/// It is on our own behalf.
net::ProxyHeaderBytes SocketProbe::header() const {
    return net::local_proxy_header(
        target_.send_proxy == conf::SendProxy::V1 ? net::ProxyVersion::V1 : net::ProxyVersion::V2);
}

void SocketProbe::on_connect_done(std::unique_ptr<net::Stream> stream) {
    stream_ = std::move(stream);
    stream_->set_observer(*this);
    const bool says_who = target_.send_proxy != conf::SendProxy::Off && target_.tls == nullptr;
    if (says_who && !send(header().bytes())) return;
    on_open();
}

void SocketProbe::on_connect_failed(Failure failure) {
    if (failure == Failure::ConnectTimeout) {
        fail("connect timeout after " + format_duration(timeout_));
        return;
    }
    if (failure == Failure::TlsFailed) {
        fail("TLS: " + connector_.tls_reason());
        return;
    }
    // A backend is not taken out because this process has run out of something.
    const bool is_ours = row(failure).side == Side::Ourselves;
    finish(is_ours ? Outcome::Skipped : Outcome::Failed, std::string{describe(failure)});
}

void SocketProbe::on_broken(Failure failure) { fail(std::string{describe(failure)}); }

void SocketProbe::on_deadline() {
    const bool is_connected = stream_ != nullptr;
    // When the loop itself was late, its timers speak before its sockets do: an answer that lies
    // there already has its say first.
    if (is_connected && has_grace_ && stream_->has_pending_input()) {
        has_grace_ = false;
        deadline_.set(loop_.now() + kGrace);
        return;
    }
    fail((is_connected ? "timeout after " : "connect timeout after ") + format_duration(timeout_));
}

bool SocketProbe::send(std::string_view bytes) {
    if (stream_->write(bytes)) return true;
    fail(std::string{describe(Failure::BackendReset)});
    return false;
}

void SocketProbe::pass() { finish(Outcome::Passed, {}); }
void SocketProbe::fail(std::string reason) { finish(Outcome::Failed, std::move(reason)); }

void SocketProbe::finish(Outcome outcome, std::string reason) {
    assert(on_done_ && "a check ends once");
    deadline_.clear();
    connector_.cancel();
    net::close(loop_, std::move(stream_));
    const OnDone on_done = std::exchange(on_done_, {});
    on_done({outcome, std::move(reason), loop_.now() - began_});  // last: this may start again
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t kBytesMax = 40;
    std::string out = "\"";
    append_json_escaped(out, text.substr(0, kBytesMax));
    out += text.size() > kBytesMax ? "...\"" : "\"";
    return out;
}

}  // namespace fairlead::health
