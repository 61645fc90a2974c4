#include "proxy/runtime/clients.h"

#include <fmt/format.h>

#include <utility>

#include "proxy/base/hash.h"
#include "proxy/l7/exchange.h"
#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

constexpr Duration kHandshakeLogEvery = std::chrono::seconds{1};

}  // namespace

Clients::Clients(net::Loop& loop, unsigned worker, ClientsObserver& observer,
                 telemetry::AccessWriter& access_log, const std::string& instance,
                 std::uint64_t seed)
    : loop_(loop),
      worker_(worker),
      observer_(observer),
      http_context_(loop, worker, *this, access_log, instance, Random(seed)),
      tcp_context_{loop, worker, *this, &access_log, Random(hash_mix(seed))},
      gate_(loop) {}

Clients::~Clients() = default;

void Clients::adopt(Slot& slot, std::unique_ptr<net::Stream> stream) {
    if (must_begin_with_header(slot.config(), *stream)) {
        PrefaceOwner& owner = *this;
        Preface& preface = prefaces_.add(
            std::make_unique<Preface>(loop_, worker_, owner, slot, std::move(stream)));
        preface.start();
        if (http_context_.is_draining || slot.has_left()) preface.drain();
        return;
    }
    begin(slot, std::move(stream), nullptr, {}, loop_.now());
}

/// TLS first, where the listener has it.
void Clients::begin(Slot& slot, std::unique_ptr<net::Stream> stream, const net::ProxyHeader* header,
                    std::span<char> first, Time accepted) {
    if (slot.tls == nullptr) {
        serve(slot, std::move(stream), header, first);
        return;
    }
    HandshakeOwner& owner = *this;
    Handshake& handshake = handshakes_.add(std::make_unique<Handshake>(
        loop_, worker_, owner, gate_, slot, std::move(stream), header, accepted));
    handshake.start(first);
    if (http_context_.is_draining || slot.has_left()) handshake.drain();
}

void Clients::serve(Slot& slot, std::unique_ptr<net::Stream> stream, const net::ProxyHeader* header,
                    std::span<char> first) {
    const auto begin = [&](auto& client) {
        client.start(first);
        if (http_context_.is_draining || slot.has_left()) client.drain();
    };
    if (slot.mode == conf::Mode::Http) {
        begin(http_.add(std::make_unique<l7::ClientConnection>(http_context_, slot.http,
                                                               std::move(stream), header)));
    } else {
        begin(tcp_.add(
            std::make_unique<l4::TcpSession>(tcp_context_, slot.tcp, std::move(stream), header)));
    }
}

template <class Client>
void Clients::bury(ClientList<Client>& list, Client& client) {
    loop_.retire(list.take(client));
    observer_.on_client_gone();
}

void Clients::on_client_closed(l7::ClientConnection& connection) { bury(http_, connection); }

void Clients::on_session_ended(l4::TcpSession& session) { bury(tcp_, session); }

void Clients::on_preface_done(Preface& preface, std::span<char> rest) {
    // The connection is there before its preface goes: their count never falls to zero between.
    std::unique_ptr<net::Stream> stream = preface.take_stream();
    begin(preface.slot(), std::move(stream), &preface.header(), rest, preface.started());
    loop_.retire(prefaces_.take(preface));
}

void Clients::on_preface_failed(Preface& preface, Failure failure) {
    note_failed(preface.slot(), preface.stream(), nullptr, "proxy", failure, preface.started());
    bury(prefaces_, preface);
}

void Clients::on_handshake_done(Handshake& handshake) {
    std::unique_ptr<net::Stream> stream = handshake.take_stream();
    const net::TlsSession& session = *stream->tls();
    const connect::ListenerSeries& series = handshake.slot().series();
    series.handshakes(session.version(), session.is_resumed())->add(worker_);
    serve(handshake.slot(), std::move(stream), handshake.header(), {});
    loop_.retire(handshakes_.take(handshake));
}

void Clients::on_handshake_failed(Handshake& handshake, Failure failure) {
    note_failed(handshake.slot(), handshake.stream(), handshake.header(), "tls", failure,
                handshake.started());
    if (failure != Failure::None) log_handshake(handshake);
    bury(handshakes_, handshake);
}

/// Why, at most once a second: scanners come in crowds.
void Clients::log_handshake(const Handshake& handshake) {
    const Time now = loop_.now();
    if (handshake_logged_ != Time::min() && now - handshake_logged_ < kHandshakeLogEvery) {
        ++handshakes_unlogged_;
        return;
    }
    const net::ProxyHeader* const header = handshake.header();
    const SocketAddress client =
        header != nullptr && header->has_addresses ? header->source : handshake.stream().peer();
    const std::string more = handshakes_unlogged_ == 0
                                 ? std::string()
                                 : fmt::format(" ({} more since)", handshakes_unlogged_);
    telemetry::log::info("listener {}: the TLS handshake with {} failed: {}{}",
                         handshake.slot().name, client.text(), handshake.reason(), more);
    handshake_logged_ = now;
    handshakes_unlogged_ = 0;
}

void Clients::note_failed(const Slot& slot, const net::Stream& stream,
                          const net::ProxyHeader* header, std::string_view proto, Failure failure,
                          Time began) {
    const connect::ListenerSeries& series = slot.series();
    series.connections_total->add(worker_);
    if (failure == Failure::None) return;
    series.failures_without_pool[static_cast<std::size_t>(failure)]->add(worker_);
    if (!tcp_context_.access_log->enabled()) return;
    char id[kHexIdLength];
    write_hex_id(tcp_context_.random, id);
    const SocketAddress address = stream.peer();
    const std::string peer = address.text();
    const IpAddress ip =
        header != nullptr && header->has_addresses ? header->source.ip : address.ip;
    char client[46];
    telemetry::AccessEntry entry;
    entry.time = http_context_.wall();
    entry.id = std::string_view(id, sizeof id);
    entry.listener = slot.name;
    entry.client = std::string_view(client, ip.write(client));
    entry.peer = peer;
    entry.proto = proto;
    entry.failure = failure;
    entry.total = loop_.now() - began;
    tcp_context_.access_log->write(entry);
}

void Clients::for_each(auto&& call) {
    http_.for_each(call);
    tcp_.for_each(call);
    prefaces_.for_each(call);
    handshakes_.for_each(call);
}

void Clients::drain() {
    http_context_.is_draining = true;
    for_each([](auto& client) { client.drain(); });
}

void Clients::drain_leaving() {
    http_.for_each([](l7::ClientConnection& client) {
        if (client.slot().is_draining()) client.drain();
    });
    tcp_.for_each([](l4::TcpSession& session) {
        if (session.slot().is_draining()) session.drain();
    });
    prefaces_.for_each([](Preface& preface) {
        if (preface.slot().has_left()) preface.drain();
    });
    handshakes_.for_each([](Handshake& handshake) {
        if (handshake.slot().has_left()) handshake.drain();
    });
}

void Clients::abort(bool with_exchanges, bool with_tunnels) {
    for_each([&](auto& client) {
        if (client.is_tunnel() ? with_tunnels : with_exchanges) client.abort();
    });
}

void Clients::abort_on(const balancing::Backend& backend, bool with_exchanges, bool with_tunnels) {
    for_each([&](auto& client) {
        const bool is_meant = client.is_tunnel() ? with_tunnels : with_exchanges;
        if (is_meant && client.uses(backend)) client.abort();
    });
}

void Clients::abort_leaving(std::uint64_t generation, bool with_exchanges, bool with_tunnels) {
    const auto abort = [&](auto& client, std::uint64_t left_with) {
        if (left_with != generation) return;
        if (client.is_tunnel() ? with_tunnels : with_exchanges) client.abort();
    };
    http_.for_each([&](auto& client) { abort(client, client.slot().left_with); });
    tcp_.for_each([&](auto& session) { abort(session, session.slot().left_with); });
    prefaces_.for_each([&](auto& preface) { abort(preface, preface.slot().left_with()); });
    handshakes_.for_each([&](auto& each) { abort(each, each.slot().left_with()); });
}

void Clients::clear() {
    http_.clear();
    tcp_.clear();
    prefaces_.clear();
    handshakes_.clear();
    flush_access_log();
}

void Clients::set_access_log(telemetry::AccessWriter& writer) {
    http_context_.set_access_log(writer);  // hands over what was gathered for the old one
    tcp_context_.access_log = &writer;
}

}  // namespace fairlead::runtime
