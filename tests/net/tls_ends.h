/// Both ends of TLS on one loop, over a socket pair.
#pragma once

#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/net/tls_client.h"
#include "proxy/net/tls_server.h"
#include "proxy/net/uv_stream.h"
#include "tests/net/observers.h"
#include "tests/net/turn.h"
#include "tests/support/catch.h"
#include "tests/support/test_certificates.h"

namespace fairlead::net::test {

using fairlead::test::MintedCertificate;
using fairlead::test::MintOrder;
using fairlead::test::TestAuthority;

inline WallTime wall_now() { return SystemClock{}.wall(); }

inline std::shared_ptr<const Certificate> parsed(const MintedCertificate& minted,
                                                 const std::string& ocsp = "") {
    CertificateText text{"site.pem", minted.cert, "site.key", minted.key, "site.ocsp", ocsp};
    Result<std::shared_ptr<const Certificate>> certificate = Certificate::parse(text);
    if (!certificate) FAIL(certificate.error().message);
    return *certificate;
}

inline std::shared_ptr<const TrustStore> trusting(const TestAuthority& authority) {
    Result<std::shared_ptr<const TrustStore>> trust = TrustStore::parse("ca.pem", authority.pem());
    if (!trust) FAIL(trust.error().message);
    return *trust;
}

inline std::shared_ptr<TlsServer> serving(TlsServerSettings settings) {
    if (settings.tickets == nullptr) settings.tickets = std::make_shared<TicketKeys>(wall_now());
    if (settings.name.empty()) settings.name = "listener";
    Result<std::shared_ptr<TlsServer>> server = TlsServer::make(std::move(settings));
    if (!server) FAIL(server.error().message);
    return *server;
}

inline std::shared_ptr<TlsClient> asking(TlsClientSettings settings) {
    Result<std::shared_ptr<TlsClient>> client = TlsClient::make(std::move(settings));
    if (!client) FAIL(client.error().message);
    return *client;
}

/// A site with one certificate and a client that trusts its authority.
struct Site {
    explicit Site(const std::vector<std::string>& names = {"site.example"}) {
        MintOrder order;
        order.names = names;
        server.certificates = {parsed(authority.mint(order))};
        server.tickets = tickets;
        client.authorities = trusting(authority);
    }
    TestAuthority authority;
    std::shared_ptr<TicketKeys> tickets = std::make_shared<TicketKeys>(wall_now());
    TlsServerSettings server;
    TlsClientSettings client;
};

/// Two streams that are each other's peers.
inline std::array<std::unique_ptr<Stream>, 2> stream_pair(Loop& loop) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return {adopt(loop, ends[0]), adopt(loop, ends[1])};
}

/// One connection with TLS on both sides.
struct TlsPair {
    TlsPair(Loop& on, std::shared_ptr<TlsServer> tls_server, std::shared_ptr<TlsClient> tls_client,
            std::string_view name, std::string_view key = "backend")
        : loop(on) {
        auto [below_server, below_client] = stream_pair(loop);
        server = accept_tls(loop, std::move(tls_server), std::move(below_server));
        server->set_observer(at_server);
        server->start_reading();
        client =
            connect_tls(loop, std::move(tls_client), std::move(below_client), name, key, at_client);
    }
    ~TlsPair() {
        close(loop, std::move(server));
        close(loop, std::move(client));
        loop.run_once();
    }
    TlsPair(const TlsPair&) = delete;
    TlsPair& operator=(const TlsPair&) = delete;

    /// Both sides have come to an end of the handshake, this or that.
    bool settle() {
        return turn_until(loop, [&] {
            return (at_server.connected > 0 || !at_server.broken.empty()) &&
                   (at_client.connected > 0 || !at_client.broken.empty());
        });
    }
    bool is_open() const { return server->tls() != nullptr && client->tls() != nullptr; }
    /// One answer each way; TLS 1.3 brings its ticket with it.
    bool talk() {
        at_server.received.clear();
        at_client.received.clear();
        return client->write("ping") &&
               turn_until(loop, [&] { return at_server.received == "ping"; }) &&
               server->write("pong") &&
               turn_until(loop, [&] { return at_client.received == "pong"; });
    }

    Loop& loop;
    Recorder at_server, at_client;
    std::unique_ptr<Stream> server, client;
};

}  // namespace fairlead::net::test
