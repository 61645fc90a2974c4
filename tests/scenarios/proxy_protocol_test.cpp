// PROXY headers: read from who may send them, sent to backends that want them.
#include "proxy/net/proxy_protocol.h"

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kAcceptProxy = "accept_proxy = \"127.0.0.0/8\"\n";
constexpr const char* kV1 = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n";
constexpr std::string_view kSignature{"\r\n\r\n\0\r\nQUIT\n", 12};

/// The same as kV1 in version 2, with a TLV that nobody here knows.
std::string v2() {
    return std::string(kSignature) +
           std::string("\x21\x11\x00\x12\xcb\x00\x71\x07\xc0\x00\x02\x01\x12\x67\x01\xbb", 16) +
           std::string("\xe0\x00\x03xyz", 6);
}

std::string v2_local() { return std::string(kSignature) + std::string("\x20\x00\x00\x00", 4); }

constexpr const char* kPlainGet = "GET / HTTP/1.1\r\nHost: t\r\n\r\n";

/// Reads a header of a connection, then answers requests on it.
FakeBackend::Script behind_header(std::size_t bytes, std::string& header) {
    return [bytes, &header](Peer& peer) {
        header = peer.read_exactly(bytes);
        while (peer.read_request().is_whole) peer.send(ok("done"));
    };
}

/// The line of version 1 for a client of the balancer.
std::string line_for(const std::string& client_port, const Balancer& balancer) {
    return "PROXY TCP4 127.0.0.1 127.0.0.1 " + client_port + " " + std::to_string(balancer.port()) +
           "\r\n";
}

}  // namespace

TEST_CASE("a request's client is who the PROXY header says", "[scenarios][proxy_protocol]") {
    PlainBackend backend{"done"};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kAcceptProxy}};
    Client client{balancer.port()};
    SECTION("in version 1") { client.send(std::string(kV1) + kPlainGet); }
    SECTION("in version 2") { client.send(v2() + kPlainGet); }
    SECTION("byte by byte") {
        for (const char byte : v2() + kPlainGet) REQUIRE(client.send(std::string_view(&byte, 1)));
    }
    CHECK(client.read_response().body == "done");
    CHECK(client.get("/again").body == "done");
    CHECK(backend.requests()[0].field("X-Forwarded-For") == "203.0.113.7");
    CHECK(backend.requests()[1].field("X-Forwarded-For") == "203.0.113.7");
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/client") == "203.0.113.7");
    CHECK(line.at("/peer") == "203.0.113.7:4711");
    CHECK(balancer.metric("fairlead_connections_total{listener=\"web\"}") == 1);
    CHECK(balancer.metric("fairlead_connections{listener=\"web\"}") == 1);
}

TEST_CASE("trusted_proxies goes by the header's address", "[scenarios][proxy_protocol]") {
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()},
         .listener = std::string(kAcceptProxy) + "trusted_proxies = \"203.0.113.0/24\""}};
    Client client{balancer.port()};
    client.send(std::string(kV1) +
                "GET / HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n");
    CHECK(client.read_response().body == "done");
    CHECK(balancer.wait_for_access_log(1).front().at("/client") == "198.51.100.1");
}

TEST_CASE("a header of the sender's own behalf leaves its address", "[scenarios][proxy_protocol]") {
    PlainBackend backend{"done"};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kAcceptProxy}};
    for (const std::string& header : {v2_local(), std::string("PROXY UNKNOWN\r\n")}) {
        Client client{balancer.port()};
        client.send(header + kPlainGet);
        CHECK(client.read_response().body == "done");
    }
    CHECK(balancer.wait_for_access_log(2)[1].at("/client") == "127.0.0.1");
}

TEST_CASE("a connection that must begin with a header and does not is closed",
          "[scenarios][proxy_protocol]") {
    FakeBackend backend{hold};
    const std::string mode = GENERATE(as<std::string>{}, "http", "tcp");
    INFO(mode);
    const Balancer balancer{{.backends = {backend.address()},
                             .listener = std::string(kAcceptProxy) + "mode = \"" + mode +
                                         "\"\ntimeouts = { handshake = \"200ms\" }"}};
    Client client{balancer.port()};
    SECTION("a request at once") { client.send(kPlainGet); }
    SECTION("a line that is not one") { client.send("PROXY TCP4 nobody knows\r\n"); }
    SECTION("a version 2 with a broken length") {
        client.send(v2().replace(14, 2, std::string("\x00\x03", 2)));
    }
    SECTION("half of one, and the end") {
        client.send(v2().substr(0, 20));
        client.close_writing();
    }
    SECTION("half of one, and no more in time") { client.send(v2().substr(0, 20)); }
    SECTION("nothing in time") {}
    CHECK(client.read_to_end().empty());
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/failure") == "proxy_header_bad");
    CHECK(line.at("/proto") == "proxy");
    CHECK(line.at("/client") == "127.0.0.1");
    CHECK(balancer.metric("fairlead_failures_total{listener=\"web\",pool=\"\","
                          "failure=\"proxy_header_bad\"}") == 1);
    CHECK(
        eventually([&] { return balancer.metric("fairlead_connections{listener=\"web\"}") == 0; }));
    CHECK(backend.connections() == 0);
}

TEST_CASE("who connects and says nothing is no failure", "[scenarios][proxy_protocol]") {
    PlainBackend backend{"done"};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kAcceptProxy}};
    Client{balancer.port()}.close();
    Client client{balancer.port()};
    client.send(std::string(kV1) + kPlainGet);
    CHECK(client.read_response().body == "done");
    CHECK(balancer.wait_for_access_log(1).size() == 1);
    CHECK(balancer.metric("fairlead_failures_total{listener=\"web\",pool=\"\","
                          "failure=\"proxy_header_bad\"}") == 0);
}

TEST_CASE("a header from anybody else is bytes like others", "[scenarios][proxy_protocol]") {
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "accept_proxy = \"192.0.2.0/24\""}};
    CHECK(get(balancer.port(), "/").body == "done");
    Client client{balancer.port()};
    CHECK(client.ask(std::string(kV1) + kPlainGet).status() == 400);
    CHECK(backend.requests().size() == 1);
}

TEST_CASE("a session is announced to a backend that wants it", "[scenarios][proxy_protocol]") {
    FakeBackend backend{[](Peer& peer) {
        for (std::string bytes = peer.read_some(); !bytes.empty(); bytes = peer.read_some()) {
            peer.send(bytes);
        }
    }};
    const std::string version = GENERATE(as<std::string>{}, "v1", "v2");
    INFO(version);
    const Balancer balancer{{.backends = {backend.address()},
                             .pool = "send_proxy = \"" + version + "\"",
                             .listener = std::string(kAcceptProxy) + "mode = \"tcp\""}};
    SECTION("with the client and where it came to, as told to us") {
        Client client{balancer.port()};
        client.send(std::string(kV1) + "hello");
        const std::string header = version == "v1" ? kV1 : v2().substr(0, 28);
        std::string expected = header;
        if (version == "v2") expected.replace(14, 2, std::string("\x00\x0c", 2));
        CHECK(client.read_exactly(expected.size() + 5) == expected + "hello");
    }
    SECTION("with what is known of our own connection") {
        Client client{balancer.port()};
        client.send(v2_local() + "hello");
        const std::string line = line_for(std::to_string(client.own_port()), balancer);
        if (version == "v1") {
            CHECK(client.read_exactly(line.size() + 5) == line + "hello");
        } else {
            CHECK(client.read_exactly(33).starts_with(kSignature));
        }
    }
}

TEST_CASE("a request is announced on a connection of its own", "[scenarios][proxy_protocol]") {
    std::string header;
    FakeBackend backend{behind_header(28, header)};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = "send_proxy = \"v2\"", .listener = kAcceptProxy}};
    Client client{balancer.port()};
    client.send(std::string(kV1) + kPlainGet);
    CHECK(client.read_response().body == "done");
    std::string expected = v2().substr(0, 28);
    expected.replace(14, 2, std::string("\x00\x0c", 2));
    CHECK(header == expected);
    CHECK(client.get("/").body == "done");
    CHECK(client.post("/", "body").body == "done");
    CHECK(backend.connections() == 3);
    CHECK(eventually([&] { return balancer.status("/pools/0/backends/0/in_flight") == "0"; }));
}

TEST_CASE("a connection authenticated as a whole is announced once and stays with its client",
          "[scenarios][proxy_protocol]") {
    std::string header;
    FakeBackend backend{[&header](Peer& peer) {
        header = peer.read_exactly(28);
        peer.read_request();
        peer.send(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n");
        while (peer.read_request().is_whole) peer.send(ok("in"));
    }};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = "send_proxy = \"v2\"", .listener = kAcceptProxy}};
    Client client{balancer.port()};
    client.send(std::string(kV1) + kPlainGet);
    CHECK(client.read_response().status() == 401);
    CHECK(client.get("/").body == "in");
    CHECK(client.get("/").body == "in");
    CHECK(header.starts_with(kSignature));
    CHECK(backend.connections() == 1);
}

TEST_CASE("a check says that it is on our own behalf", "[scenarios][proxy_protocol]") {
    std::string header;
    Gate checked;
    FakeBackend backend{[&](Peer& peer) {
        const std::string bytes = peer.read_exactly(16);
        if (peer.number != 0) return;
        header = bytes;
        peer.read_request();
        peer.send(ok("well"));
        checked.open();
    }};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = "send_proxy = \"v2\"\ncheck = \"GET /healthz\""}};
    REQUIRE(checked.wait());
    CHECK(header == v2_local());
    CHECK(balancer.status("/pools/0/backends/0/state") == "up");
}

}  // namespace fairlead::scenarios
