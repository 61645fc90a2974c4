// HEAD, 204 and 304: no body follows, whatever the fields say.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("the answer to HEAD keeps its length and has no body", "[scenarios][http]") {
    FakeBackend backend{serve([](const Message& request) {
        return request.method() == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
                                          : ok("body");
    })};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    const Message answer = client.ask("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(answer.status() == 200);
    CHECK(answer.field("Content-Length") == "1000");
    CHECK(client.get("/").body == "body");
    CHECK(backend.connections() == 1);
}

TEST_CASE("the answer to HEAD may be chunked in name", "[scenarios][http]") {
    FakeBackend backend{serve("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    CHECK(client.ask("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n").status() == 200);
    CHECK(client.ask("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n").status() == 200);
    CHECK(backend.connections() == 1);
}

TEST_CASE("204 and 304 have no body and keep both connections", "[scenarios][http]") {
    FakeBackend backend{serve([](const Message& request) -> std::string {
        if (request.target() == "/204") return "HTTP/1.1 204 No Content\r\n\r\n";
        return "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: \"e\"\r\n\r\n";
    })};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    for (int round = 0; round < 2; ++round) {
        const Message empty = client.get("/204");
        CHECK(empty.status() == 204);
        CHECK_FALSE(empty.has("Content-Length"));
        CHECK_FALSE(empty.has("Transfer-Encoding"));
        const Message unchanged = client.get("/304");
        CHECK(unchanged.status() == 304);
        CHECK(unchanged.field("Content-Length") == "77");
        CHECK(unchanged.field("ETag") == "\"e\"");
    }
    CHECK(backend.connections() == 1);
}

TEST_CASE("an error of our own answers HEAD without a body", "[scenarios][http]") {
    const RefusingAddress dead;
    const Balancer balancer{{.backends = {dead.address()}}};
    Client client{balancer.port()};
    CHECK(client.ask("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n").status() == 502);
    CHECK(client.ask("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n").status() == 502);
}

}  // namespace fairlead::scenarios
