#include "proxy/net/tls.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/net/memory_stream.h"
#include "tests/net/sockets.h"
#include "tests/net/tls_ends.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;

namespace {

std::string name_of_peer(const TlsPair& pair) { return pair.client->tls()->peer_subject(); }

}  // namespace

TEST_CASE("a handshake agrees on what both sides know") {
    Loop loop;
    Site site;
    site.server.protocols = {"h2", "http/1.1"};
    site.client.protocols = {"http/1.1"};
    TlsPair pair(loop, serving(site.server), asking(site.client), "site.example");
    CHECK(pair.at_client.connected == 0);
    REQUIRE(pair.settle());
    REQUIRE(pair.is_open());
    for (const Stream* each : {pair.server.get(), pair.client.get()}) {
        CHECK(each->tls()->version() == TlsVersion::V1_3);
        CHECK(each->tls()->cipher() == "TLS_AES_128_GCM_SHA256");
        CHECK(each->tls()->protocol() == "http/1.1");
        CHECK(each->tls()->server_name() == "site.example");
        CHECK(!each->tls()->is_resumed());
    }
    CHECK(!pair.server->tls()->has_peer_certificate());
    CHECK(pair.client->tls()->has_peer_certificate());
    CHECK(pair.at_server.connected == 1);
    CHECK(pair.at_client.connected == 1);
    CHECK(pair.talk());
}

TEST_CASE("the name a client asks for is told in lower case and without a dot") {
    Loop loop;
    Site site;
    site.client.verify = false;
    TlsPair pair(loop, serving(site.server), asking(site.client), "SITE.Example.");
    REQUIRE(pair.settle());
    CHECK(pair.server->tls()->server_name() == "site.example");
}

TEST_CASE("TLS 1.2 is spoken with whoever speaks no better, and not when 1.3 is asked for") {
    // No client of ours stops at 1.2: the command line's of OpenSSL is in the scenarios.
    Loop loop;
    Site site;
    site.server.min = TlsVersion::V1_3;
    TlsPair pair(loop, serving(site.server), asking(site.client), "site.example");
    REQUIRE(pair.settle());
    REQUIRE(pair.is_open());
    CHECK(pair.server->tls()->version() == TlsVersion::V1_3);
}

TEST_CASE("bytes come out as they went in, in any pieces and both ways at once") {
    Loop loop;
    Site site;
    TlsPair pair(loop, serving(site.server), asking(site.client), "site.example");
    REQUIRE(pair.settle());
    std::string sent;
    for (std::size_t i = 0; i < 3'000'000; ++i) sent += static_cast<char>('a' + i * i % 26);
    // From one byte to several records, also such that end where a record does.
    std::string_view rest = sent;
    std::size_t size = 1;
    while (!rest.empty()) {
        const std::vector<Bytes> pieces{rest.substr(0, size), rest.substr(0, 0),
                                        rest.substr(std::min(size, rest.size()), 16384)};
        REQUIRE(pair.client->write(pieces));
        REQUIRE(pair.server->write(pieces));
        rest.remove_prefix(std::min(rest.size(), size + 16384));
        size = size * 3 % 70'001;
    }
    REQUIRE(turn_until(loop, [&] {
        return pair.at_server.received.size() == sent.size() &&
               pair.at_client.received.size() == sent.size();
    }));
    CHECK(pair.at_server.received == sent);
    CHECK(pair.at_client.received == sent);
    CHECK(pair.client->queued_bytes() == 0);
}

TEST_CASE("a side that does not read holds the other back") {
    Loop loop;
    Site site;
    TlsPair pair(loop, serving(site.server), asking(site.client), "site.example");
    REQUIRE(pair.settle());
    pair.server->stop_reading();
    const std::string chunk(100'000, 'x');
    std::size_t sent = 0;
    while (pair.client->queued_bytes() == 0) {
        REQUIRE(pair.client->write(chunk));
        sent += chunk.size();
    }
    TlsPair other(loop, serving(site.server), asking(site.client), "site.example");
    REQUIRE(other.settle());
    REQUIRE(other.talk());
    CHECK(pair.at_server.received.empty());
    CHECK(pair.at_client.drained == 0);
    pair.server->start_reading();
    REQUIRE(turn_until(loop, [&] { return pair.at_server.received.size() == sent; }));
    CHECK(pair.at_client.drained == 1);
}

TEST_CASE(
    "an observer that stops reading in the middle of a handshake's last bytes gets the rest") {
    Loop loop;
    Site site;
    TlsPair pair(loop, serving(site.server), asking(site.client), "site.example");
    pair.at_server.when_connected = [&] { pair.server->stop_reading(); };
    // The client's Finished and its first words arrive in one piece.
    pair.at_client.when_connected = [&] { pair.client->write("early"); };
    REQUIRE(turn_until(loop, [&] { return pair.at_server.connected > 0; }));
    TlsPair other(loop, serving(site.server), asking(site.client), "site.example");
    REQUIRE(other.settle());
    REQUIRE(other.talk());
    CHECK(pair.at_server.received.empty());
    CHECK(!pair.server->is_reading());
    pair.server->start_reading();
    REQUIRE(other.talk());
    CHECK(pair.at_server.received == "early");
}

TEST_CASE("the end of one direction is told, and the other goes on") {
    Loop loop;
    Site site;
    TlsPair pair(loop, serving(site.server), asking(site.client), "site.example");
    REQUIRE(pair.settle());
    REQUIRE(pair.client->write("last words"));
    pair.client->shutdown_write();
    REQUIRE(turn_until(loop, [&] { return pair.at_server.ended > 0; }));
    CHECK(pair.at_server.received == "last words");
    REQUIRE(pair.server->write("answer"));
    pair.server->shutdown_write();
    REQUIRE(turn_until(loop, [&] { return pair.at_client.ended > 0; }));
    CHECK(pair.at_client.received == "answer");
    CHECK(pair.at_server.ended == 1);
    CHECK(pair.at_client.ended == 1);
}

TEST_CASE("a connection that is reset is broken, after what it had said") {
    Loop loop;
    Site site;
    PlainServer listening;
    Recorder at_below, at_client, at_server;
    auto client_below = connect(loop, listening.address(), at_below);
    REQUIRE(turn_until(loop, [&] { return at_below.connected > 0; }));
    Plain accepted = listening.accept();
    auto server_below = adopt(loop, ::dup(accepted.fd()));
    accepted.close();
    auto server = accept_tls(loop, serving(site.server), std::move(server_below));
    server->set_observer(at_server);
    server->start_reading();
    auto client = connect_tls(loop, asking(site.client), std::move(client_below), "site.example",
                              "", at_client);
    REQUIRE(turn_until(loop, [&] { return at_client.connected > 0 && at_server.connected > 0; }));
    server->reset();
    REQUIRE(turn_until(loop, [&] { return !at_client.broken.empty(); }));
    CHECK(at_client.broken == std::vector<Failure>{Failure::BackendReset});
    CHECK(tls_error(*client).empty());
    close(loop, std::move(client));
    close(loop, std::move(server));
    loop.run_once();
}

TEST_CASE("a stream may be closed in each of its calls") {
    Loop loop;
    Site site;
    const auto server = serving(site.server);
    const auto client = asking(site.client);
    SECTION("when the handshake is done") {
        TlsPair pair(loop, server, client, "site.example");
        pair.at_server.when_connected = [&] { close(loop, std::move(pair.server)); };
        REQUIRE(
            turn_until(loop, [&] { return pair.at_client.ended + pair.at_client.connected > 1; }));
    }
    SECTION("when bytes come") {
        TlsPair pair(loop, server, client, "site.example");
        REQUIRE(pair.settle());
        pair.at_server.when_bytes = [&] { close(loop, std::move(pair.server)); };
        pair.client->write("bytes");
        pair.client->shutdown_write();
        REQUIRE(turn_until(loop, [&] { return pair.at_client.ended > 0; }));
        CHECK(pair.at_server.ended == 0);
    }
    SECTION("before the handshake is done") {
        TlsPair pair(loop, server, client, "site.example");
        close(loop, std::move(pair.server));
        REQUIRE(turn_until(loop, [&] { return !pair.at_client.broken.empty(); }));
        // It had not read the client's hello.
        CHECK(tls_error(*pair.client) == "the connection was reset");
    }
}

TEST_CASE("a client that sends on when its Finished is acknowledged is not kept waiting") {
    Loop loop;
    Site site;
    const auto server = serving(site.server);
    const auto client = asking(site.client);
    PlainServer listening;
    // A busy machine may delay this or that connection, the kernel delays each by 40 ms.
    Duration fastest = std::chrono::seconds{1};
    for (int round = 0; round < 10; ++round) {
        Plain connected = Plain::connected_to(listening.address());
        Plain accepted = listening.accept();
        auto at_server_below = adopt(loop, ::dup(accepted.fd()));
        auto at_client_below = adopt(loop, ::dup(connected.fd()));
        const int off = 0;  // adopting has switched Nagle's algorithm off
        REQUIRE(::setsockopt(connected.fd(), IPPROTO_TCP, TCP_NODELAY, &off, sizeof off) == 0);
        Recorder at_server, at_client;
        auto server_end = accept_tls(loop, server, std::move(at_server_below));
        server_end->set_observer(at_server);
        server_end->start_reading();
        auto client_end =
            connect_tls(loop, client, std::move(at_client_below), "site.example", "", at_client);
        Time asked{};
        at_client.when_connected = [&] {
            asked = SystemClock{}.now();
            client_end->write("ping");
        };
        REQUIRE(turn_until(loop, [&] { return at_server.received == "ping"; }));
        fastest = std::min(fastest, SystemClock{}.now() - asked);
        close(loop, std::move(server_end));
        close(loop, std::move(client_end));
        loop.run_once();
    }
    CHECK(fastest < std::chrono::milliseconds{30});
}

TEST_CASE("a Finished is acknowledged by itself only when nothing else does so") {
    Loop loop;
    Site site;
    Recorder at_server, at_client;
    auto below = std::make_unique<MemoryStream>();
    auto above = std::make_unique<MemoryStream>();
    MemoryStream& server_side = *below;
    MemoryStream& client_side = *above;
    auto server = accept_tls(loop, serving(site.server), std::move(below));
    server->set_observer(at_server);
    server->start_reading();
    auto client =
        connect_tls(loop, asking(site.client), std::move(above), "site.example", "", at_client);
    server_side.deliver(client_side.take(100'000));
    int expected = 0;
    SECTION("alone") { expected = 1; }
    SECTION("with words behind it") {
        at_client.when_connected = [&] { client->write("words"); };
    }
    SECTION("while the server speaks first") {
        at_server.when_connected = [&] { server->write("settings"); };
    }
    client_side.deliver(server_side.take(100'000));
    CHECK(server_side.acknowledged == 0);
    server_side.deliver(client_side.take(100'000));
    CHECK(at_server.connected == 1);
    CHECK(server_side.acknowledged == expected);
    close(loop, std::move(server));
    close(loop, std::move(client));
    loop.run_once();
}

// ---- which certificate is shown

TEST_CASE("the certificate follows the name: exact, wildcard, default") {
    Loop loop;
    const TestAuthority authority;
    const auto minted = [&](const std::string& common_name, std::vector<std::string> names) {
        MintOrder order{std::move(names), common_name};
        return parsed(authority.mint(order));
    };
    TlsServerSettings settings;
    settings.certificates = {minted("default", {"default.example"}),
                             minted("wildcard", {"*.site.example"}),
                             minted("exact", {"api.site.example"})};
    const auto server = serving(settings);
    TlsClientSettings trusting_nobody;
    trusting_nobody.verify = false;
    const auto client = asking(trusting_nobody);
    const auto shown = [&](const std::string& name) {
        TlsPair pair(loop, server, client, name, name);
        REQUIRE(pair.settle());
        REQUIRE(pair.is_open());
        return name_of_peer(pair);
    };
    CHECK(shown("default.example") == "CN=default,O=Example");
    CHECK(shown("api.site.example") == "CN=exact,O=Example");
    CHECK(shown("API.Site.Example.") == "CN=exact,O=Example");
    CHECK(shown("www.site.example") == "CN=wildcard,O=Example");
    CHECK(shown("a.www.site.example") == "CN=default,O=Example");
    CHECK(shown("site.example") == "CN=default,O=Example");
    CHECK(shown("other.example") == "CN=default,O=Example");
    CHECK(shown("") == "CN=default,O=Example");
    CHECK(shown("127.0.0.1") == "CN=default,O=Example");
}

TEST_CASE("of an RSA and an ECDSA certificate for one name the client gets the one it prefers") {
    Loop loop;
    const TestAuthority authority;
    MintOrder rsa{{"site.example"}, "rsa"};
    rsa.is_rsa = true;
    TlsServerSettings settings;
    settings.certificates = {parsed(authority.mint(rsa)),
                             parsed(authority.mint({{"site.example"}, "ecdsa"}))};
    TlsClientSettings asks;
    asks.authorities = trusting(authority);
    TlsPair pair(loop, serving(settings), asking(asks), "site.example");
    REQUIRE(pair.settle());
    CHECK(name_of_peer(pair) == "CN=ecdsa,O=Example");
}

// ---- what is refused, and why

TEST_CASE("a server's certificate that is not good is refused with its reason") {
    Loop loop;
    Site site;
    const auto reason = [&](const MintedCertificate& minted, const std::string& name) {
        TlsServerSettings settings = site.server;
        settings.certificates = {parsed(minted)};
        TlsPair pair(loop, serving(settings), asking(site.client), name);
        REQUIRE(pair.settle());
        CHECK(pair.at_client.broken == std::vector<Failure>{Failure::TlsFailed});
        REQUIRE(turn_until(loop, [&] { return !pair.at_server.broken.empty(); }));
        CHECK(tls_error(*pair.server).starts_with("the other side refused it: "));
        return tls_error(*pair.client);
    };
    MintOrder expired{{"site.example"}};
    expired.begins = std::chrono::hours{-48};
    expired.ends = std::chrono::hours{-24};
    CHECK(reason(site.authority.mint(expired), "site.example")
              .starts_with("certificate has expired at 2"));
    MintOrder early{{"site.example"}};
    early.begins = std::chrono::hours{24};
    CHECK(reason(site.authority.mint(early), "site.example")
              .starts_with("certificate is not yet valid: valid from 2"));
    CHECK(reason(site.authority.mint({{"a.example", "b.example"}}), "site.example") ==
          "hostname mismatch: it is for a.example, b.example");
    CHECK(reason(site.authority.mint({{"10.0.0.1"}}), "127.0.0.1") ==
          "IP address mismatch: it is for 10.0.0.1");
    CHECK(reason(TestAuthority::self_signed({{"site.example"}}), "site.example") ==
          "self-signed certificate");
    const TestAuthority stranger("stranger");
    CHECK(reason(stranger.mint({{"site.example"}}), "site.example") ==
          "unable to get local issuer certificate");
}

TEST_CASE("without verification any certificate will do") {
    Loop loop;
    Site site;
    site.client.verify = false;
    site.server.certificates = {parsed(TestAuthority::self_signed({{"other.example"}}))};
    TlsPair pair(loop, serving(site.server), asking(site.client), "site.example");
    REQUIRE(pair.settle());
    CHECK(pair.is_open());
    CHECK(!pair.client->tls()->has_peer_certificate());
}

TEST_CASE("an address is verified against the addresses of the certificate") {
    Loop loop;
    Site site({"site.example", "127.0.0.1"});
    TlsPair pair(loop, serving(site.server), asking(site.client), "127.0.0.1");
    REQUIRE(pair.settle());
    REQUIRE(pair.is_open());
    CHECK(pair.server->tls()->server_name().empty());
}

TEST_CASE("client certificates are asked for, verified and told") {
    Loop loop;
    Site site;
    const TestAuthority staff("staff");
    site.server.client_ca = trusting(staff);
    const auto shown = parsed(staff.mint({{}, "alice"}));
    SECTION("required and shown") {
        site.server.client_auth = ClientAuth::Require;
        site.client.certificate = shown;
        TlsPair pair(loop, serving(site.server), asking(site.client), "site.example");
        REQUIRE(pair.settle());
        REQUIRE(pair.is_open());
        CHECK(pair.server->tls()->has_peer_certificate());
        CHECK(pair.server->tls()->peer_subject() == "CN=alice,O=Example");
        CHECK(!pair.server->tls()->peer_certificate_der().empty());
    }
    SECTION("required and missing") {
        site.server.client_auth = ClientAuth::Require;
        TlsPair pair(loop, serving(site.server), asking(site.client), "site.example");
        REQUIRE(turn_until(loop, [&] {
            return !pair.at_server.broken.empty() && !pair.at_client.broken.empty();
        }));
        CHECK(tls_error(*pair.server) == "peer did not return a certificate");
        CHECK(pair.at_server.connected == 0);
    }
    SECTION("requested and missing") {
        site.server.client_auth = ClientAuth::Request;
        TlsPair pair(loop, serving(site.server), asking(site.client), "site.example");
        REQUIRE(pair.settle());
        REQUIRE(pair.is_open());
        CHECK(!pair.server->tls()->has_peer_certificate());
        CHECK(pair.server->tls()->peer_subject().empty());
    }
    SECTION("from somebody else's authority") {
        site.server.client_auth = ClientAuth::Request;
        site.client.certificate = parsed(TestAuthority("stranger").mint({{}, "alice"}));
        TlsPair pair(loop, serving(site.server), asking(site.client), "site.example");
        REQUIRE(turn_until(loop, [&] { return !pair.at_server.broken.empty(); }));
        CHECK(tls_error(*pair.server) ==
              "the client's certificate: unable to get local issuer certificate");
    }
}

TEST_CASE("no common protocol ends the handshake") {
    Loop loop;
    Site site;
    site.server.protocols = {"h2"};
    site.client.protocols = {"http/1.1"};
    TlsPair pair(loop, serving(site.server), asking(site.client), "site.example");
    REQUIRE(pair.settle());
    CHECK(tls_error(*pair.server) == "no application protocol");
    CHECK(tls_error(*pair.client).find("no application protocol") != std::string::npos);
}

TEST_CASE("who speaks no TLS is told apart") {
    Loop loop;
    Site site;
    auto [below, other] = stream_pair(loop);
    Recorder at_server, at_other;
    auto server = accept_tls(loop, serving(site.server), std::move(below));
    server->set_observer(at_server);
    server->start_reading();
    other->set_observer(at_other);
    SECTION("plain HTTP") {
        other->write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        REQUIRE(turn_until(loop, [&] { return !at_server.broken.empty(); }));
        CHECK(tls_error(*server) == "the other side speaks plain HTTP");
    }
    SECTION("something else") {
        other->write("SSH-2.0-OpenSSH_9.2\r\n");
        REQUIRE(turn_until(loop, [&] { return !at_server.broken.empty(); }));
        CHECK(tls_error(*server) == "the other side speaks no TLS");
    }
    SECTION("nothing") {
        close(loop, std::move(other));
        REQUIRE(turn_until(loop, [&] { return !at_server.broken.empty(); }));
        CHECK(tls_error(*server).empty());
    }
    SECTION("half a hello") {
        other->write(std::string_view("\x16\x03\x01\x00\x80\x01", 6));
        other->shutdown_write();
        REQUIRE(turn_until(loop, [&] { return !at_server.broken.empty(); }));
        CHECK(tls_error(*server) == "the other side closed the connection");
    }
    CHECK(at_server.broken == std::vector<Failure>{Failure::TlsFailed});
    CHECK(at_server.connected == 0);
    close(loop, std::move(server));
    close(loop, std::move(other));
    loop.run_once();
}

TEST_CASE("bytes that a backend sends before the handshake are never taken for an answer") {
    Loop loop;
    Site site;
    auto [below, other] = stream_pair(loop);
    Recorder at_client, at_other;
    other->set_observer(at_other);
    other->write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    auto client =
        connect_tls(loop, asking(site.client), std::move(below), "site.example", "", at_client);
    REQUIRE(turn_until(loop, [&] { return !at_client.broken.empty(); }));
    CHECK(at_client.broken == std::vector<Failure>{Failure::TlsFailed});
    CHECK(at_client.received.empty());
    CHECK(tls_error(*client) == "the other side speaks no TLS");
    close(loop, std::move(client));
    close(loop, std::move(other));
    loop.run_once();
}
