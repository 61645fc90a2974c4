// A final response before the request is whole: delivered, then both connections end.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kHalf =
    "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
constexpr const char* kRefusal = "HTTP/1.1 403 No\r\nContent-Length: 7\r\n\r\nnot you";

}  // namespace

TEST_CASE("a final response to half a request is delivered and ends both connections",
          "[scenarios][http]") {
    Gate backend_closed;
    std::string rest_of_first;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_head();
        peer.read_exactly(9);  // the first chunk
        peer.send(kRefusal);
        const std::string rest = peer.read_to_end();
        if (peer.number != 0) return;
        rest_of_first = rest;
        backend_closed.open();
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send(kHalf);
    const Message answer = client.read_response();
    CHECK(answer.status() == 403);
    CHECK(answer.body == "not you");
    CHECK(answer.field("Connection") == "close");
    CHECK(client.wait_for_ending() == Ending::Closed);
    CHECK(backend_closed.wait());
    CHECK(rest_of_first.empty());
    CHECK(Client(balancer.port()).ask(std::string(kHalf) + "0\r\n\r\n").status() == 403);
    CHECK(backend.connections() == 2);
}

TEST_CASE("a client that is still sending gets to read the early response", "[scenarios][http]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_head();
        peer.send(kRefusal);
        // Closed with unread bytes in the kernel: a reset follows on our side.
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    const std::string block(64 * 1024, 'x');
    std::string head =
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(80 * block.size()) +
        "\r\n\r\n";
    client.send(head);
    for (int blocks = 0; blocks < 80; ++blocks) {
        if (!client.send(block)) break;
    }
    const Message answer = client.read_response();
    CHECK(answer.status() == 403);
    CHECK(answer.body == "not you");
}

TEST_CASE("a long early response is delivered although the client stops sending",
          "[scenarios][http]") {
    Gate go_on;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 403 No\r\nContent-Length: 8\r\n\r\nhalf");
        go_on.wait();
        peer.send("rest");
        hold(peer);
    }};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "timeouts = { body_idle = \"2s\" }"}};
    Client client{balancer.port()};
    client.send(kHalf);
    CHECK(client.read_head().starts_with("HTTP/1.1 403"));
    CHECK(client.read_exactly(4) == "half");
    // The client was right to stop: its body is of no use any more.
    CHECK(client.wait_for_ending(std::chrono::milliseconds{2500}) == Ending::Open);
    go_on.open();
    CHECK(client.read_exactly(4) == "rest");
}

}  // namespace fairlead::scenarios
