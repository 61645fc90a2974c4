// An error answered while the client is still sending reaches it: closing at once would send a
// reset, which can overtake the answer.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("413 is read by a client that sends on", "[scenarios][http]") {
    PlainBackend backend{"never"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "limits = { body = \"64KiB\" }"}};
    const std::string block(64 * 1024, 'x');
    Client client{balancer.port()};
    SECTION("with a length that says it") {
        client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5242880\r\n\r\n");
        for (int blocks = 0; blocks < 80; ++blocks) client.send(block);
    }
    SECTION("in chunks") {
        client.send("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int blocks = 0; blocks < 80; ++blocks) client.send("10000\r\n" + block + "\r\n");
    }
    const Message answer = client.read_response();
    CHECK(answer.status() == 413);
    CHECK(answer.field("X-Fairlead-Failure") == "body_too_large");
    CHECK(answer.field("Connection") == "close");
    CHECK(client.read_to_end().empty());
    CHECK(client.ending() == Ending::Closed);
}

TEST_CASE("400 is read by a client that sends on", "[scenarios][http]") {
    PlainBackend backend{"never"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send("GET / HTTP/1.1\r\nHost: t\r\nBad Name: 1\r\n\r\n");
    for (int blocks = 0; blocks < 80; ++blocks) client.send(std::string(64 * 1024, 'x'));
    const Message answer = client.read_response();
    CHECK(answer.status() == 400);
    CHECK(answer.is_whole);
    CHECK(client.read_to_end().empty());
    CHECK(client.ending() == Ending::Closed);
    CHECK(backend.connections() == 0);
}

TEST_CASE("an error while a body is on its way is read by a client that sends on",
          "[scenarios][http]") {
    const RefusingAddress dead;
    const Balancer balancer{{.backends = {dead.address()}}};
    Client client{balancer.port()};
    client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5242880\r\n\r\n");
    for (int blocks = 0; blocks < 80; ++blocks) client.send(std::string(64 * 1024, 'x'));
    const Message answer = client.read_response();
    CHECK(answer.status() == 502);
    CHECK(answer.is_whole);
}

TEST_CASE("the last response of a connection is read by a client that has sent on",
          "[scenarios][http]") {
    Gate may_answer;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_request();
        may_answer.wait();
        peer.send(ok(std::string(1 << 20, 'x')));
        peer.read_to_end();
    }};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "limits = { requests_per_connection = 1 }"}};
    Client client{balancer.port()};
    client.send("GET /last HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(backend.wait_for_requests(1));
    SECTION("requests, which nobody reads") {
        for (int number = 0; number < 100; ++number) {
            client.send("GET /more HTTP/1.1\r\nHost: t\r\nX: " + std::string(4000, 'x') +
                        "\r\n\r\n");
        }
    }
    SECTION("its end, which is no reason to wait") { client.close_writing(); }
    may_answer.open();
    const Message answer = client.read_response();
    CHECK(answer.is_whole);
    CHECK(answer.body.size() == 1 << 20);
    CHECK(client.read_to_end().empty());
    CHECK(client.ending() == Ending::Closed);
    CHECK(backend.request_count() == 1);
}

}  // namespace fairlead::scenarios
