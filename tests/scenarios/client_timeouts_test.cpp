// A client that keeps us waiting.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("a head that trickles in is answered 408 at the limit, nobody else is disturbed",
          "[scenarios][timeouts]") {
    PlainBackend backend{"fine"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "timeouts = { header = \"1s\" }"}};
    Client other{balancer.port()};
    CHECK(other.get("/").status() == 200);
    Client trickle{balancer.port()};
    const auto began = std::chrono::steady_clock::now();
    trickle.send("GET / HTTP/1.1\r\nHost: test\r\n");
    int bytes = 0;
    while (trickle.wait_for_ending(std::chrono::milliseconds{50}) == Ending::Open) {
        trickle.send("X");  // the limit is absolute: bytes do not move it
        ++bytes;
        CHECK(other.get("/").status() == 200);
        REQUIRE(bytes < 1000);
    }
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(took >= std::chrono::milliseconds{900});
    const Message answer = trickle.read_response();
    CHECK(answer.status() == 408);
    CHECK(answer.field("X-Fairlead-Failure") == "client_timeout");
    CHECK(answer.field("Connection") == "close");
    trickle.close_writing();
    CHECK(trickle.wait_for_ending() == Ending::Closed);
}

TEST_CASE("a connection that asks nothing is closed silently", "[scenarios][timeouts]") {
    PlainBackend backend{"fine"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "timeouts = { keepalive = \"200ms\" }"}};
    Client never{balancer.port()};
    CHECK(never.read_to_end().empty());
    CHECK(never.ending() == Ending::Closed);
    // Until it was quicker with its request than the time we wait for one.
    CHECK(eventually([&] {
        Client once{balancer.port()};
        if (once.get("/").status() != 200) return false;
        CHECK(once.read_to_end().empty());
        CHECK(once.ending() == Ending::Closed);
        return true;
    }));
    CHECK(balancer.wait_for_access_log(1).size() == 1);
}

TEST_CASE("a body that stops coming is answered 408", "[scenarios][timeouts]") {
    FakeBackend backend{[](Peer& peer) {
        const Message request = peer.read_request();
        if (request.is_whole) peer.send(ok("whole"));
    }};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "timeouts = { body_idle = \"1s\" }"}};
    Client client{balancer.port()};
    SECTION("while it is held") {
        client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf");
        const Message answer = client.read_response();
        CHECK(answer.status() == 408);
        CHECK(answer.field("X-Fairlead-Failure") == "client_timeout");
        CHECK(backend.connections() == 0);
    }
    SECTION("while it is forwarded: the backend never takes it for whole") {
        client.send(
            "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
        const Message answer = client.read_response();
        CHECK(answer.status() == 408);
        REQUIRE(backend.wait_for_requests(1));
        CHECK_FALSE(backend.requests()[0].is_whole);
        CHECK(backend.requests()[0].body == "half");
    }
}

TEST_CASE("a body slower than min_rate is answered 408", "[scenarios][timeouts][long]") {
    PlainBackend backend{"fine"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "timeouts = { min_rate = \"10KB\" }"}};
    Client client{balancer.port()};
    const auto began = std::chrono::steady_clock::now();
    client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 60000\r\n\r\n");
    while (client.wait_for_ending(std::chrono::milliseconds{100}) == Ending::Open) {
        client.send("x");
        REQUIRE(std::chrono::steady_clock::now() - began < std::chrono::seconds{20});
    }
    CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds{9500});
    const Message answer = client.read_response();
    CHECK(answer.status() == 408);
    CHECK(answer.field("X-Fairlead-Failure") == "client_timeout");
    CHECK(backend.connections() == 0);
}

}  // namespace fairlead::scenarios
