// A kept backend connection that turns out closed when it is used again.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

/// Answers one request, and closes when the second has come: the race between a backend's
/// keep-alive time and our next request, lost every time.
void close_on_second(Peer& peer) {
    peer.read_request();
    peer.send(ok("fresh"));
    if (peer.number == 0) {
        peer.read_request();
        return;
    }
    while (peer.read_request().is_whole) peer.send(ok("again"));
}

}  // namespace

TEST_CASE("a GET on a connection that proves stale is repeated on a new one",
          "[scenarios][retry]") {
    FakeBackend backend{close_on_second};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    CHECK(client.get("/1").body == "fresh");
    CHECK(client.get("/2").body == "fresh");
    CHECK(backend.connections() == 2);
    const JsonText line = balancer.wait_for_access_log(2)[1];
    CHECK(line.at("/status") == "200");
    CHECK(line.at("/attempts/0/reason") == "stale_connection");
    CHECK(line.at("/attempts/1/reason") == "none");
    CHECK(balancer.metric("fairlead_retries_total{pool=\"app\",reason=\"stale\"}") == 1);
}

TEST_CASE("a stale connection does not use up a try", "[scenarios][retry]") {
    FakeBackend backend{close_on_second};
    const Balancer balancer{{.backends = {backend.address()}, .pool = "retry = { attempts = 0 }"}};
    Client client{balancer.port()};
    CHECK(client.get("/1").status() == 200);
    CHECK(client.get("/2").status() == 200);
}

TEST_CASE("a POST that may have been taken by a stale connection fails visibly",
          "[scenarios][retry]") {
    FakeBackend backend{close_on_second};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    CHECK(client.get("/1").status() == 200);
    // The connection was idle for less than a second, so the POST takes it.
    const Message answer = client.post("/2", "pay");
    CHECK(answer.status() == 502);
    CHECK(answer.field("X-Fairlead-Failure") == "stale_connection");
    REQUIRE(backend.requests().size() == 2);
    CHECK(backend.requests()[1].body == "pay");
    CHECK(backend.connections() == 1);
}

TEST_CASE("a PUT is idempotent and is repeated on a new connection", "[scenarios][retry]") {
    FakeBackend backend{close_on_second};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.get("/1");
    const Message answer =
        client.ask("PUT /2 HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc");
    CHECK(answer.status() == 200);
    REQUIRE(backend.requests().size() == 3);
    CHECK(backend.requests()[2].body == "abc");
}

TEST_CASE("a POST does not take a connection that was idle for a second", "[scenarios][retry]") {
    PlainBackend backend{"here"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.get("/");
    // Nothing else tells that a second has passed in another process.
    const auto since = std::chrono::steady_clock::now();
    eventually(
        [&] { return std::chrono::steady_clock::now() - since > std::chrono::milliseconds{1100}; });
    CHECK(client.post("/", "x").status() == 200);
    CHECK(backend.connections() == 2);
    CHECK(client.get("/").status() == 200);
    CHECK(backend.connections() == 2);
}

TEST_CASE("an unasked byte on an idle connection discards it", "[scenarios][retry]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        peer.send(ok("one"));
        if (peer.number == 0) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
        while (peer.read_request().is_whole) peer.send(ok("more"));
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    CHECK(client.get("/").body == "one");
    CHECK(
        eventually([&] { return balancer.status("/pools/0/backends/0/connections/idle") == "0"; }));
    CHECK(client.get("/").body == "one");
    CHECK(backend.connections() == 2);
}

}  // namespace fairlead::scenarios
