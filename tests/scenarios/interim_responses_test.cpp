// 1xx from backends.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

void hint_then_answer(Peer& peer) {
    while (peer.read_request().is_whole) {
        peer.send(
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: X-Own\r\nX-Own: 1\r\n\r\n"
            "HTTP/1.1 102 Processing\r\n\r\n");
        peer.send(ok("page"));
    }
}

}  // namespace

TEST_CASE("interim responses are passed on before the response", "[scenarios][http]") {
    FakeBackend backend{hint_then_answer};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    for (int request = 0; request < 2; ++request) {
        const Message hints = client.get("/");
        CHECK(hints.status() == 103);
        CHECK(hints.field("Link") == "</a.css>");
        CHECK_FALSE(hints.has("X-Own"));
        CHECK_FALSE(hints.has("Connection"));
        CHECK(client.read_response().status() == 102);
        CHECK(client.read_response().body == "page");
    }
    CHECK(backend.connections() == 1);
}

TEST_CASE("an HTTP/1.0 client gets no interim responses", "[scenarios][http]") {
    FakeBackend backend{hint_then_answer};
    const Balancer balancer{{.backends = {backend.address()}}};
    CHECK(Client(balancer.port()).ask("GET / HTTP/1.0\r\n\r\n").body == "page");
}

TEST_CASE("a 100 that nobody asked for is swallowed", "[scenarios][http]") {
    FakeBackend backend{serve("HTTP/1.1 100 Continue\r\n\r\n" + ok("page"))};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    CHECK(client.get("/").body == "page");
    CHECK(client.get("/").body == "page");
}

TEST_CASE("a backend that sends interim responses without end is cut off", "[scenarios][http]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        while (peer.send("HTTP/1.1 102 Processing\r\n\r\n")) {
        }
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    int interim = 0;
    Message answer = client.read_response();
    for (; answer.status() == 102; answer = client.read_response()) REQUIRE(++interim < 100);
    CHECK(answer.status() == 502);
    CHECK(answer.field("X-Fairlead-Failure") == "backend_bad_response");
}

}  // namespace fairlead::scenarios
