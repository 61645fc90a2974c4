// How long and for how much a backend connection is kept.
#include <memory>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("a connection that nobody needs is closed after keepalive.idle",
          "[scenarios][connections]") {
    Gate ended;
    FakeBackend backend{[&](Peer& peer) {
        while (peer.read_request().is_whole) peer.send(ok("body"));
        if (peer.ending() == Ending::Closed) ended.open();
    }};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = "keepalive = { idle = \"150ms\" }"}};
    Client client{balancer.port()};
    client.get("/");
    CHECK(ended.wait());
    CHECK(client.get("/").body == "body");
    CHECK(backend.connections() == 2);
}

TEST_CASE("a connection serves max_requests, then a new one is made", "[scenarios][connections]") {
    PlainBackend backend{"body"};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = "keepalive = { max_requests = 3 }"}};
    Client client{balancer.port()};
    for (int request = 0; request < 9; ++request) CHECK(client.get("/").status() == 200);
    CHECK(backend.connections() == 3);
}

TEST_CASE("so many idle connections are kept as per_backend says", "[scenarios][connections]") {
    Gate all_arrived;
    FakeBackend backend{[&](Peer& peer) {
        while (peer.read_request().is_whole) {
            all_arrived.wait();
            peer.send(ok("body"));
        }
    }};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = "keepalive = { per_backend = 2 }"}};
    std::vector<std::unique_ptr<Client>> clients;
    for (int number = 0; number < 6; ++number) {
        clients.push_back(std::make_unique<Client>(balancer.port()));
        clients.back()->send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    }
    REQUIRE(backend.wait_for_requests(6));
    CHECK(balancer.status("/pools/0/backends/0/in_flight") == "6");
    CHECK(balancer.status("/pools/0/backends/0/connections/active") == "6");
    all_arrived.open();
    for (const auto& client : clients) CHECK(client->read_response().status() == 200);
    CHECK(eventually(
        [&] { return balancer.status("/pools/0/backends/0/connections/active") == "0"; }));
    CHECK(
        eventually([&] { return balancer.status("/pools/0/backends/0/connections/idle") == "2"; }));
    CHECK(eventually([&] { return balancer.status("/pools/0/backends/0/in_flight") == "0"; }));
}

TEST_CASE("a client that half-closed still gets a long response whole",
          "[scenarios][connections]") {
    Gate go_on;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000004\r\n\r\nhalf");
        go_on.wait();
        peer.send(std::string(1'000'000, 'x'));
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    client.close_writing();
    CHECK(client.read_head().starts_with("HTTP/1.1 200"));
    CHECK(client.read_exactly(4) == "half");
    // Longer than a client that has ended is waited for when nothing has come yet.
    CHECK(client.wait_for_ending(std::chrono::milliseconds{1300}) == Ending::Open);
    go_on.open();
    CHECK(client.read_exactly(1'000'000).size() == 1'000'000);
    CHECK(client.wait_for_ending() == Ending::Closed);
    CHECK(balancer.wait_for_access_log(1)[0].at("/failure") == "none");
}

TEST_CASE("a backend's head that is too large is 502", "[scenarios][connections]") {
    FakeBackend backend{serve("HTTP/1.1 200 OK\r\nX-Large: " + std::string(70'000, 'x') +
                              "\r\nContent-Length: 0\r\n\r\n")};
    const Balancer balancer{{.backends = {backend.address()}}};
    const Message answer = get(balancer.port(), "/");
    CHECK(answer.status() == 502);
    CHECK(answer.field("X-Fairlead-Failure") == "backend_bad_response");
}

TEST_CASE("a response nobody asked for is not given to the next request",
          "[scenarios][connections]") {
    FakeBackend backend{[](Peer& peer) {
        while (peer.read_request().is_whole) peer.send(ok("mine") + ok("poison"));
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    for (int request = 0; request < 5; ++request) CHECK(client.get("/").body == "mine");
    CHECK(backend.connections() == 5);
}

}  // namespace fairlead::scenarios
