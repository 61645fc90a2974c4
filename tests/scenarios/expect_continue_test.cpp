// Expect: 100-continue: who asks for the body.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

std::string expecting(std::size_t bytes) {
    return "POST / HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: " +
           std::to_string(bytes) + "\r\n\r\n";
}

}  // namespace

TEST_CASE("a body that is held is asked for by the balancer", "[scenarios][http]") {
    PlainBackend backend{"thanks"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send(expecting(4));
    CHECK(client.read_response().status() == 100);
    CHECK(backend.connections() == 0);
    client.send("body");
    CHECK(client.read_response().body == "thanks");
    CHECK(backend.requests()[0].body == "body");
    CHECK_FALSE(backend.requests()[0].has("Expect"));
}

TEST_CASE("a large body is asked for by the backend", "[scenarios][http]") {
    FakeBackend backend{[](Peer& peer) {
        const std::string head = peer.read_head();
        const bool expects = head.find("Expect: 100-continue") != std::string::npos;
        peer.send("HTTP/1.1 100 Continue\r\n\r\n");
        const bool has_body = peer.read_exactly(100'000) == std::string(100'000, 'x');
        peer.send(ok(expects && has_body ? "thanks" : "no"));
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send(expecting(100'000));
    CHECK(client.read_response().status() == 100);
    client.send(std::string(100'000, 'x'));
    CHECK(client.read_response().body == "thanks");
}

TEST_CASE("a final response instead of 100 is delivered and ends both connections",
          "[scenarios][http]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 417 No\r\nContent-Length: 4\r\n\r\nsize");
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send(expecting(100'000));
    const Message answer = client.read_response();
    CHECK(answer.status() == 417);
    CHECK(answer.body == "size");
    CHECK(answer.field("Connection") == "close");
    CHECK(client.wait_for_ending() == Ending::Closed);
}

TEST_CASE("a client that does not wait for the 100 gets none", "[scenarios][http]") {
    PlainBackend backend{"thanks"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send(expecting(4) + "body");
    CHECK(client.read_response().status() == 200);
}

TEST_CASE("a body over the limit is refused instead of asked for", "[scenarios][http]") {
    PlainBackend backend{"thanks"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "limits = { body = \"1KiB\" }"}};
    Client client{balancer.port()};
    client.send(expecting(2000));
    CHECK(client.read_response().status() == 413);
    CHECK(backend.connections() == 0);
}

}  // namespace fairlead::scenarios
