// A tunnel only for an allowed Upgrade, and only after the backend's 101.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kUpgrade =
    "GET /chat HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: abc\r\n\r\n";
constexpr const char* kSwitch =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: def\r\n\r\n";

/// Switches, then sends back what comes until the other end closes; says goodbye after that.
void echo_tunnel(Peer& peer) {
    peer.read_request();
    peer.send(kSwitch);
    for (std::string bytes = peer.read_some(); !bytes.empty(); bytes = peer.read_some()) {
        peer.send(bytes);
    }
    peer.send("goodbye");
}

}  // namespace

TEST_CASE("after a 101 bytes pass both ways, half-closed too", "[scenarios][tunnel]") {
    FakeBackend backend{echo_tunnel};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    const Message answer = client.ask(kUpgrade);
    CHECK(answer.status() == 101);
    CHECK(answer.field("Upgrade") == "websocket");
    CHECK(answer.field("Connection") == "Upgrade");
    CHECK(answer.field("Sec-WebSocket-Accept") == "def");
    const Message request = backend.requests()[0];
    CHECK(request.field("Upgrade") == "websocket");
    CHECK(request.field("Connection") == "Upgrade");
    CHECK(request.field("Sec-WebSocket-Key") == "abc");

    for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, std::size_t{200'000}}) {
        const std::string bytes(size, 'e');
        client.send(bytes);
        CHECK(client.read_exactly(size) == bytes);
    }
    client.close_writing();
    CHECK(client.read_to_end() == "goodbye");
    CHECK(client.ending() == Ending::Closed);
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/status") == "101");
    CHECK(line.at("/failure") == "none");
    CHECK(std::stoul(line.at("/bytes_in")) >= 201'001);
    CHECK(std::stoul(line.at("/bytes_out")) >= 201'001);
}

TEST_CASE("bytes sent together with the 101 and the request are not lost", "[scenarios][tunnel]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        peer.send(std::string(kSwitch) + "hello");
        peer.send(peer.read_exactly(5));
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send(std::string(kUpgrade) + "early");
    CHECK(client.read_response().status() == 101);
    CHECK(client.read_exactly(10) == "helloearly");
}

TEST_CASE("a backend that does not want to switch answers as usual", "[scenarios][tunnel]") {
    PlainBackend backend{"no"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    CHECK(client.ask(kUpgrade).body == "no");
    CHECK(client.get("/").body == "no");
}

TEST_CASE("a 101 nobody asked for is 502", "[scenarios][tunnel]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        peer.send(kSwitch);
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    SECTION("no Upgrade") {
        const Message answer = client.get("/");
        CHECK(answer.status() == 502);
        CHECK(answer.field("X-Fairlead-Failure") == "backend_bad_response");
    }
    SECTION("an Upgrade that is not allowed") {
        CHECK(client.get("/", "Connection: Upgrade\r\nUpgrade: other\r\n").status() == 502);
    }
    SECTION("a POST whose body is not sent whole") {
        client.send(
            "POST / HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        CHECK(backend.wait_for_connections(1));
        client.send("0\r\n\r\n");
        const int status = client.read_response().status();
        CHECK((status == 502 || status == 101));
    }
}

TEST_CASE("an Upgrade that is not allowed is removed", "[scenarios][tunnel]") {
    PlainBackend backend{"plain"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    CHECK(client
              .get("/",
                   "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                   "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n")
              .body == "plain");
    CHECK(client.get("/", "Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n").body == "plain");
    const Message h2c = backend.requests()[0];
    CHECK_FALSE(h2c.has("Upgrade"));
    CHECK_FALSE(h2c.has("Connection"));
    CHECK_FALSE(h2c.has("HTTP2-Settings"));
    CHECK(backend.requests()[1].field("Upgrade") == "websocket");
}

TEST_CASE("a tunnel without traffic ends after tunnel_idle", "[scenarios][tunnel]") {
    FakeBackend backend{echo_tunnel};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "timeouts = { tunnel_idle = \"200ms\" }"}};
    Client client{balancer.port()};
    CHECK(client.ask(kUpgrade).status() == 101);
    client.read_to_end();
    CHECK(client.ending() != Ending::Open);
    CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "client_timeout");
}

TEST_CASE("a tunnel's end is told to the other side", "[scenarios][tunnel]") {
    Gate ended;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_request();
        peer.send(kSwitch);
        peer.read_to_end();
        ended.open();
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    {
        Client client{balancer.port()};
        CHECK(client.ask(kUpgrade).status() == 101);
        client.reset();
    }
    CHECK(ended.wait());
    CHECK(eventually([&] { return balancer.status("/pools/0/backends/0/tunnels") == "0"; }));
}

}  // namespace fairlead::scenarios
