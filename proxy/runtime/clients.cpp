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
    ClientHold hold(slot.presence->load);
    if (must_begin_with_header(slot.config(), *stream)) {
        PrefaceOwner& owner = *this;
        Preface& preface =
            prefaces_.add(std::make_unique<Preface>(loop_, worker_, owner, slot, std::move(stream)),
                          std::move(hold));
        preface.start();
        if (http_context_.is_draining || slot.has_left()) preface.drain();
        return;
    }
    if (!begin(slot, std::move(stream), std::move(hold), nullptr, {}, loop_.now())) {
        observer_.on_client_gone();
    }
}

/// Whether a client may have this connection, before anything is spent on it. Who may send requests
/// is for these to say: only they know the client behind a proxy. Clients on a unix socket have no
/// address.
Failure Clients::admit(const Slot& slot, const net::Stream& stream, const net::ProxyHeader* header,
                       ClientHold& hold) {
    const conf::Listener& config = slot.config();
    const IpAddress peer = stream.peer().ip;
    const IpAddress client = header != nullptr && header->has_addresses ? header->source.ip : peer;
    if (client == IpAddress{}) return Failure::None;
    if (slot.mode == conf::Mode::Tcp && !config.lets_in(client)) return Failure::Denied;
    const std::uint64_t most = config.limits.connections_per_ip;
    // A proxy brings the connections of many.
    if (most == kUnlimited || contains(config.trusted_proxies, client)) return Failure::None;
    return hold.count_client(client_key(client), most) ? Failure::None
                                                       : Failure::TooManyConnections;
}

/// TLS first, where the listener has it.
/// @return false: it is turned away
bool Clients::begin(Slot& slot, std::unique_ptr<net::Stream> stream, ClientHold hold,
                    const net::ProxyHeader* header, std::span<char> first, Time accepted) {
    const Failure refused = admit(slot, *stream, header, hold);
    if (refused != Failure::None) {
        const std::string_view proto = slot.mode == conf::Mode::Tcp ? "tcp" : "http";
        note_failed(slot, *stream, header, {proto, refused}, accepted);
        net::close(loop_, std::move(stream));
        return false;
    }
    if (slot.tls == nullptr) {
        serve(slot, std::move(stream), std::move(hold), header, first);
        return true;
    }
    HandshakeOwner& owner = *this;
    Handshake& handshake =
        handshakes_.add(std::make_unique<Handshake>(loop_, worker_, owner, gate_, slot,
                                                    std::move(stream), header, accepted),
                        std::move(hold));
    handshake.start(first);
    if (http_context_.is_draining || slot.has_left()) handshake.drain();
    return true;
}

template <class Client>
void Clients::start(Client& client, const Slot& slot, std::span<char> first) {
    client.start(first);
    if (http_context_.is_draining || slot.has_left()) client.drain();
}

void Clients::serve(Slot& slot, std::unique_ptr<net::Stream> stream, ClientHold hold,
                    const net::ProxyHeader* header, std::span<char> first) {
    if (slot.mode == conf::Mode::Tcp) {
        start(tcp_.add(std::make_unique<l4::TcpSession>(tcp_context_, slot.tcp, std::move(stream),
                                                        header),
                       std::move(hold)),
              slot, first);
        return;
    }
    const conf::Listener& config = slot.config();
    const net::TlsSession* const tls = stream->tls();
    if (tls == nullptr && config.takes_h2() && config.takes_http1()) {
        ProtocolChoiceOwner& owner = *this;
        start(choices_.add(std::make_unique<ProtocolChoice>(loop_, worker_, owner, slot,
                                                            std::move(stream), header),
                           std::move(hold)),
              slot, first);
        return;
    }
    const bool is_agreed = tls != nullptr && tls->protocol() == "h2";
    serve_http(slot, std::move(stream), std::move(hold), header, first,
               is_agreed || !config.takes_http1());
}

void Clients::serve_http(Slot& slot, std::unique_ptr<net::Stream> stream, ClientHold hold,
                         const net::ProxyHeader* header, std::span<char> first, bool is_http2) {
    if (is_http2) {
        start(h2_.add(std::make_unique<l7::H2ClientConnection>(http_context_, slot.http,
                                                               std::move(stream), header),
                      std::move(hold)),
              slot, first);
    } else {
        start(http_.add(std::make_unique<l7::ClientConnection>(http_context_, slot.http,
                                                               std::move(stream), header),
                        std::move(hold)),
              slot, first);
    }
}

void Clients::on_protocol_chosen(ProtocolChoice& choice, bool is_http2, std::span<char> first) {
    std::unique_ptr<net::Stream> stream = choice.take_stream();
    serve_http(choice.slot(), std::move(stream), choices_.take_hold(choice), choice.header(), first,
               is_http2);
    loop_.retire(choices_.take(choice));
}

void Clients::on_protocol_not_chosen(ProtocolChoice& choice) {
    note_failed(choice.slot(), choice.stream(), choice.header(), {"http", Failure::None},
                choice.started());
    bury(choices_, choice);
}

template <class Client>
void Clients::bury(ClientList<Client>& list, Client& client) {
    loop_.retire(list.take(client));
    observer_.on_client_gone();
}

void Clients::on_client_closed(l7::ClientConnection& connection) { bury(http_, connection); }

void Clients::on_client_closed(l7::H2ClientConnection& connection) { bury(h2_, connection); }

void Clients::on_client_failed(const l7::H2ClientConnection& connection, Failure failure) {
    const l7::ListenerEntry& listener = connection.listener();
    write_failed(listener.series, listener.config.name, connection.stream().peer(),
                 connection.peer().ip, {"HTTP/2.0", failure}, connection.began());
}

void Clients::on_session_ended(l4::TcpSession& session) { bury(tcp_, session); }

void Clients::on_preface_done(Preface& preface, std::span<char> rest) {
    // The connection is there before its preface goes: their count never falls to zero between.
    std::unique_ptr<net::Stream> stream = preface.take_stream();
    if (begin(preface.slot(), std::move(stream), prefaces_.take_hold(preface), &preface.header(),
              rest, preface.started())) {
        loop_.retire(prefaces_.take(preface));
    } else {
        bury(prefaces_, preface);
    }
}

void Clients::on_preface_failed(Preface& preface, Failure failure) {
    note_failed(preface.slot(), preface.stream(), nullptr, {"proxy", failure}, preface.started());
    bury(prefaces_, preface);
}

void Clients::on_handshake_done(Handshake& handshake) {
    std::unique_ptr<net::Stream> stream = handshake.take_stream();
    const net::TlsSession& session = *stream->tls();
    const connect::ListenerSeries& series = handshake.slot().series();
    series.handshakes(session.version(), session.is_resumed())->add(worker_);
    serve(handshake.slot(), std::move(stream), handshakes_.take_hold(handshake), handshake.header(),
          {});
    loop_.retire(handshakes_.take(handshake));
}

void Clients::on_handshake_failed(Handshake& handshake, Failure failure) {
    note_failed(handshake.slot(), handshake.stream(), handshake.header(), {"tls", failure},
                handshake.started());
    if (failure != Failure::None) log_handshake(handshake);
    std::unique_ptr<net::Stream> stream = handshake.take_stream();
    std::unique_ptr<net::Stream> clear =
        failure == Failure::None ? nullptr : net::take_clear(*stream);
    net::close(loop_, std::move(stream));
    if (clear == nullptr) {
        bury(handshakes_, handshake);
        return;
    }
    FarewellOwner& owner = *this;
    Farewell& farewell =
        farewells_.add(std::make_unique<Farewell>(loop_, worker_, owner, handshake.slot(),
                                                  std::move(clear), handshake.started()),
                       handshakes_.take_hold(handshake));
    farewell.linger();
    loop_.retire(handshakes_.take(handshake));
}

void Clients::on_plain_http(Handshake& handshake, std::string_view first) {
    log_handshake(handshake);
    Slot& slot = handshake.slot();
    FarewellOwner& owner = *this;
    Farewell& client =
        farewells_.add(std::make_unique<Farewell>(loop_, worker_, owner, slot,
                                                  handshake.take_stream(), handshake.started()),
                       handshakes_.take_hold(handshake));
    const std::size_t bytes_out = client.answer(first);
    note_failed(slot, client.stream(), handshake.header(),
                {"http", Failure::ClientBadRequest, 400, bytes_out}, handshake.started());
    loop_.retire(handshakes_.take(handshake));
}

void Clients::on_farewell_ended(Farewell& client) { bury(farewells_, client); }

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
                          const net::ProxyHeader* header, Failed how, Time began) {
    const connect::ListenerSeries& series = slot.series();
    series.connections_total->add(worker_);
    if (how.failure == Failure::None) return;
    const SocketAddress peer = stream.peer();
    const bool is_told = header != nullptr && header->has_addresses;
    write_failed(series, slot.name, peer, is_told ? header->source.ip : peer.ip, how, began);
}

void Clients::write_failed(const connect::ListenerSeries& series, std::string_view listener,
                           const SocketAddress& peer, const IpAddress& client, Failed how,
                           Time began) {
    series.failures_without_pool[static_cast<std::size_t>(how.failure)]->add(worker_);
    if (!tcp_context_.access_log->enabled()) return;
    char id[kHexIdLength];
    write_hex_id(tcp_context_.random, id);
    const std::string peer_text = peer.text();
    char client_text[46];
    telemetry::AccessEntry entry;
    entry.time = http_context_.wall();
    entry.id = std::string_view(id, sizeof id);
    entry.listener = listener;
    entry.client = std::string_view(client_text, client.write(client_text));
    entry.peer = peer_text;
    entry.proto = how.proto;
    entry.status = how.status;
    entry.failure = how.failure;
    entry.bytes_out = how.bytes_out;
    entry.total = loop_.now() - began;
    tcp_context_.access_log->write(entry);
}

void Clients::for_each_stage(auto&& call) {
    prefaces_.for_each(call);
    handshakes_.for_each(call);
    choices_.for_each(call);
    farewells_.for_each(call);
}

/// But for HTTP/2, where several things run on one connection.
void Clients::for_each(auto&& call) {
    http_.for_each(call);
    tcp_.for_each(call);
    for_each_stage(call);
}

void Clients::drain() {
    http_context_.is_draining = true;
    for_each([](auto& client) { client.drain(); });
    h2_.for_each([](l7::H2ClientConnection& client) { client.drain(); });
}

void Clients::drain_leaving() {
    const auto drain = [](auto& client) {
        if (client.slot().is_draining()) client.drain();
    };
    http_.for_each(drain);
    h2_.for_each(drain);
    tcp_.for_each(drain);
    for_each_stage([](auto& stage) {
        if (stage.slot().has_left()) stage.drain();
    });
}

void Clients::abort(bool with_exchanges, bool with_tunnels) {
    for_each([&](auto& client) {
        if (client.is_tunnel() ? with_tunnels : with_exchanges) client.abort();
    });
    h2_.for_each(
        [&](l7::H2ClientConnection& client) { client.abort(with_exchanges, with_tunnels); });
}

void Clients::abort_on(const balancing::Backend& backend, bool with_exchanges, bool with_tunnels) {
    for_each([&](auto& client) {
        const bool is_meant = client.is_tunnel() ? with_tunnels : with_exchanges;
        if (is_meant && client.uses(backend)) client.abort();
    });
    h2_.for_each([&](l7::H2ClientConnection& client) {
        client.abort_on(backend, with_exchanges, with_tunnels);
    });
}

void Clients::leave_backend(const balancing::Backend& backend) {
    for_each([&](auto& client) { client.leave_backend(backend); });
    h2_.for_each([&](l7::H2ClientConnection& client) { client.leave_backend(backend); });
}

void Clients::abort_leaving(std::uint64_t generation, bool with_exchanges, bool with_tunnels) {
    const auto abort = [&](auto& client, std::uint64_t left_with) {
        if (left_with != generation) return;
        if (client.is_tunnel() ? with_tunnels : with_exchanges) client.abort();
    };
    http_.for_each([&](auto& client) { abort(client, client.slot().left_with); });
    tcp_.for_each([&](auto& session) { abort(session, session.slot().left_with); });
    for_each_stage([&](auto& stage) { abort(stage, stage.slot().left_with()); });
    h2_.for_each([&](l7::H2ClientConnection& client) {
        if (client.slot().left_with == generation) client.abort(with_exchanges, with_tunnels);
    });
}

void Clients::clear() {
    http_.clear();
    h2_.clear();
    tcp_.clear();
    prefaces_.clear();
    handshakes_.clear();
    choices_.clear();
    farewells_.clear();
    flush_access_log();
}

void Clients::set_access_log(telemetry::AccessWriter& writer) {
    http_context_.set_access_log(writer);  // hands over what was gathered for the old one
    tcp_context_.access_log = &writer;
}

}  // namespace fairlead::runtime
