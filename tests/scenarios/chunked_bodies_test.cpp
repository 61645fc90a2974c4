// Chunked bodies both ways: taken out of their framing and framed anew, trailers kept.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kChunked = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace

TEST_CASE("a chunked request is framed anew and its trailers are kept", "[scenarios][http]") {
    PlainBackend backend{"got it"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send(
        "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n"
        "Connection: TE\r\nTrailer: X-Sum\r\n\r\n"
        "0000004;name=\"value\"\r\nWiki\r\n5 \r\n");
    const Message refused = client.read_response();
    CHECK(refused.status() == 400);

    Client fine{balancer.port()};
    const Message answer = fine.ask(
        "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n"
        "Connection: TE\r\nTrailer: X-Sum\r\n\r\n"
        "0000004;name=\"value\"\r\nWiki\r\nA\r\npedia in 5\r\n0;last\r\n"
        "X-Sum: 42\r\nContent-Length: 7\r\nHost: evil\r\nAuthorization: none\r\n\r\n");
    CHECK(answer.body == "got it");
    const Message request = backend.requests().back();
    CHECK(request.is_whole);
    CHECK(request.field("Transfer-Encoding") == "chunked");
    CHECK_FALSE(request.has("Content-Length"));
    CHECK(request.body == "Wikipedia in 5");
    CHECK(request.field("TE") == "trailers");
    CHECK(request.field("Trailer") == "X-Sum");
    CHECK(request.trailers == "X-Sum: 42\r\n");
    CHECK(request.framed_body.find("name") == std::string::npos);
    CHECK(request.framed_body.find("last") == std::string::npos);
    CHECK(request.framed_body.find("0000004") == std::string::npos);
}

TEST_CASE("a chunked request sent byte by byte arrives whole", "[scenarios][http]") {
    PlainBackend backend{"got it"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    const std::string bytes =
        std::string(kChunked) + "4\r\nWiki\r\nA\r\npedia in 5\r\n0\r\nX-Sum: 42\r\n\r\n";
    for (const char byte : bytes) client.send({&byte, 1});
    CHECK(client.read_response().body == "got it");
    const Message request = backend.requests().front();
    CHECK(request.body == "Wikipedia in 5");
    CHECK(request.trailers == "X-Sum: 42\r\n");
}

TEST_CASE("an empty chunked body arrives as one", "[scenarios][http]") {
    PlainBackend backend{"got it"};
    const Balancer balancer{{.backends = {backend.address()}}};
    CHECK(Client(balancer.port()).ask(std::string(kChunked) + "0\r\n\r\n").body == "got it");
    CHECK(backend.requests().front().framed_body == "0\r\n\r\n");
}

TEST_CASE("a chunked response is framed anew and its trailers are kept", "[scenarios][http]") {
    FakeBackend backend{
        serve("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
              "03;ext=1\r\nabc\r\n3\r\ndef\r\n0\r\nX-Sum: 7\r\nTransfer-Encoding: gzip\r\n\r\n")};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    for (int request = 0; request < 2; ++request) {
        const Message answer = client.get("/");
        CHECK(answer.is_whole);
        CHECK(answer.body == "abcdef");
        CHECK(answer.field("Trailer") == "X-Sum");
        CHECK(answer.trailers == "X-Sum: 7\r\n");
        CHECK(answer.framed_body.find("ext") == std::string::npos);
    }
    CHECK(backend.connections() == 1);
}

TEST_CASE("a bad chunk in a request ends the backend's connection before the message is whole",
          "[scenarios][http]") {
    Gate half_arrived;
    Gate ended;
    std::string rest;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_head();
        if (peer.read_exactly(9) == "4\r\nWiki\r\n") half_arrived.open();
        rest = peer.read_to_end();
        ended.open();
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send(std::string(kChunked) + "4\r\nWiki\r\n");
    REQUIRE(half_arrived.wait());
    client.send("zz\r\n");
    const Message answer = client.read_response();
    CHECK(answer.status() == 400);
    CHECK(answer.field("X-Fairlead-Failure") == "client_bad_request");
    CHECK(ended.wait());
    CHECK(rest.empty());
}

TEST_CASE("a response cut in its chunks is cut for the client too", "[scenarios][http]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    const Message answer = client.get("/");
    CHECK(answer.status() == 200);
    CHECK_FALSE(answer.is_whole);
    CHECK(answer.framed_body.find("0\r\n") == std::string::npos);
    CHECK(client.ending() == Ending::Reset);
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/failure") == "backend_closed");
    CHECK(line.at("/status") == "200");
    CHECK(line.at("/attempts/0/reason") == "backend_closed");
}

TEST_CASE("a response reset in its body is cut for the client", "[scenarios][http]") {
    Gate seen;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
        seen.wait();
        peer.reset();
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(client.read_head().starts_with("HTTP/1.1 200"));
    CHECK(client.read_exactly(3) == "abc");
    seen.open();
    CHECK(client.read_to_end().empty());
    CHECK(client.ending() == Ending::Reset);
    CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "backend_reset");
}

}  // namespace fairlead::scenarios
