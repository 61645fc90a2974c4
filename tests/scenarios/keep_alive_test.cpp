// Which connections stay open for another request.
#include <signal.h>

#include <chrono>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("client connections stay open as their version and wish say", "[scenarios][http]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};

    SECTION("HTTP/1.1 stays") {
        const Message answer = client.get("/");
        CHECK_FALSE(answer.has("Connection"));
        CHECK(client.get("/").status() == 200);
    }
    SECTION("HTTP/1.1 with close does not") {
        CHECK(client.get("/", "Connection: close\r\n").field("Connection") == "close");
        CHECK(client.wait_for_ending() == Ending::Closed);
    }
    SECTION("HTTP/1.0 does not") {
        const Message answer = client.ask("GET / HTTP/1.0\r\nHost: t\r\n\r\n");
        CHECK(answer.body == "body");
        CHECK(answer.field("Connection") == "close");
        CHECK(client.wait_for_ending() == Ending::Closed);
    }
    SECTION("HTTP/1.0 with keep-alive stays") {
        for (int request = 0; request < 3; ++request) {
            const Message answer = client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            CHECK(answer.field("Connection") == "keep-alive");
            CHECK(answer.body == "body");
        }
    }
    SECTION("an HTTP/1.0 request without Host reaches the backend with one") {
        client.ask("GET / HTTP/1.0\r\n\r\n");
        REQUIRE(backend.wait_for_requests(1));
        CHECK(backend.requests()[0].start_line() == "GET / HTTP/1.1");
        CHECK(backend.requests()[0].field("Host") == backend.address());
    }
}

TEST_CASE("an HTTP/1.0 client gets a chunked response without chunks, ended by the close",
          "[scenarios][http]") {
    FakeBackend backend{serve(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    const Message answer = client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK_FALSE(answer.has("Transfer-Encoding"));
    CHECK(answer.field("Connection") == "close");
    CHECK(answer.body == "abcdef");
    CHECK(answer.is_whole);
}

TEST_CASE("requests_per_connection ends a connection after its last response",
          "[scenarios][http]") {
    PlainBackend backend{"body"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "limits = { requests_per_connection = 3 }"}};
    Client client{balancer.port()};
    CHECK_FALSE(client.get("/").has("Connection"));
    CHECK_FALSE(client.get("/").has("Connection"));
    CHECK(client.get("/").field("Connection") == "close");
    CHECK(client.wait_for_ending() == Ending::Closed);
}

TEST_CASE("one backend connection serves many clients", "[scenarios][http]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}}};
    for (int client = 0; client < 20; ++client) CHECK(get(balancer.port(), "/").status() == 200);
    CHECK(backend.connections() == 1);
}

TEST_CASE("a backend that closes its connections is not asked on them again", "[scenarios][http]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        peer.send(ok("bye", "Connection: close\r\n"));
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    for (int request = 0; request < 5; ++request) {
        const Message answer = client.get("/");
        CHECK(answer.body == "bye");
        CHECK_FALSE(answer.has("Connection"));
    }
    CHECK(backend.connections() == 5);
}

TEST_CASE("a response that the close ends is passed on in chunks", "[scenarios][http]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.0 200 OK\r\n\r\nuntil the end");
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    const Message answer = client.get("/");
    CHECK(answer.start_line() == "HTTP/1.1 200 OK");
    CHECK(answer.field("Transfer-Encoding") == "chunked");
    CHECK(answer.body == "until the end");
    CHECK(answer.is_whole);
    CHECK(client.get("/").is_whole);
}

TEST_CASE("an error has its body although the request before was a HEAD", "[scenarios][http]") {
    PlainBackend backend{"body"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "timeouts = { header = \"1s\" }"}};
    Client client{balancer.port()};
    client.send("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(client.read_response(true).status() == 200);
    SECTION("of the same client") {
        client.send("GET  / HTTP/1.1\r\nHost: t\r\n\r\n");
        const Message answer = client.read_response();
        CHECK(answer.status() == 400);
        CHECK(answer.is_whole);
        CHECK_FALSE(answer.body.empty());
    }
    SECTION("of another one, whose head does not come whole") {
        Client other{balancer.port()};
        other.send("GET / HTT");
        const Message answer = other.read_response();
        CHECK(answer.status() == 408);
        CHECK(answer.is_whole);
        CHECK_FALSE(answer.body.empty());
    }
}

TEST_CASE("a request that came while the process stood still is answered, not reset",
          "[scenarios][http]") {
    constexpr std::chrono::milliseconds kKeepalive{1000};
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "timeouts = { keepalive = \"1s\" }"}};
    Client client{balancer.port()};
    REQUIRE(client.get("/").body == "done");
    const auto began = std::chrono::steady_clock::now();
    balancer.signal(SIGSTOP);
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    const bool is_late =
        eventually([&] { return std::chrono::steady_clock::now() > began + kKeepalive * 3 / 2; });
    balancer.signal(SIGCONT);
    REQUIRE(is_late);
    CHECK(client.read_response().body == "done");
}

}  // namespace fairlead::scenarios
