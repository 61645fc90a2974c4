// Requests sent ahead are answered in order, each whole.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

std::string echo_target(const Message& request) { return ok(request.target() + request.body); }

}  // namespace

TEST_CASE("pipelined requests are answered in order", "[scenarios][http]") {
    FakeBackend a{serve(echo_target)};
    FakeBackend b{serve(echo_target)};
    const Balancer balancer{
        {.backends = {a.address(), b.address()}, .pool = "policy = \"round_robin\""}};
    Client client{balancer.port()};
    std::string requests;
    for (int number = 0; number < 50; ++number) {
        const std::string target = "/" + std::to_string(number);
        if (number % 3 == 0) {
            requests += "GET " + target + " HTTP/1.1\r\nHost: t\r\n\r\n";
        } else if (number % 3 == 1) {
            requests += "POST " + target + " HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\n+me";
        } else {
            requests += "POST " + target +
                        " HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "3\r\n+me\r\n0\r\n\r\n";
        }
    }
    SECTION("all at once") { client.send(requests); }
    SECTION("byte by byte") {
        for (const char byte : requests) client.send({&byte, 1});
    }
    SECTION("with the client's end right behind") {
        client.send(requests);
        client.close_writing();
    }
    for (int number = 0; number < 50; ++number) {
        const Message answer = client.read_response();
        REQUIRE(answer.status() == 200);
        CHECK(answer.body == "/" + std::to_string(number) + (number % 3 == 0 ? "" : "+me"));
    }
}

TEST_CASE("what follows a bad pipelined request is not looked at", "[scenarios][http]") {
    FakeBackend backend{serve(echo_target)};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send(
        "GET /1 HTTP/1.1\r\nHost: t\r\n\r\nGET  /2 HTTP/1.1\r\nHost: t\r\n\r\n"
        "GET /3 HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(client.read_response().body == "/1");
    CHECK(client.read_response().status() == 400);
    CHECK(client.read_to_end().empty());
    CHECK(backend.request_count() == 1);
}

}  // namespace fairlead::scenarios
