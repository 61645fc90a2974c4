// A backend that takes a request and dies over it: repeated only when repeating does no harm.
#include <sys/socket.h>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

void reset_after_request(Peer& peer) {
    peer.read_request();
    peer.reset();
}
void close_after_request(Peer& peer) { peer.read_request(); }

}  // namespace

TEST_CASE("a GET whose backend died before the response goes to another", "[scenarios][retry]") {
    const bool with_reset = GENERATE(true, false);
    FakeBackend dying{with_reset ? reset_after_request : close_after_request};
    PlainBackend alive{"alive"};
    const Balancer balancer{
        {.backends = {dying.address(), alive.address()}, .pool = "policy = \"first\""}};
    Client client{balancer.port()};
    CHECK(client.get("/").body == "alive");
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/attempts/0/reason") == (with_reset ? "backend_reset" : "backend_closed"));
    CHECK(line.at("/backend") == alive.address());
}

TEST_CASE("a POST whose backend died before the response fails visibly, and is sent once",
          "[scenarios][retry]") {
    const bool with_reset = GENERATE(true, false);
    FakeBackend dying{with_reset ? reset_after_request : close_after_request};
    PlainBackend alive{"alive"};
    const Balancer balancer{
        {.backends = {dying.address(), alive.address()}, .pool = "policy = \"first\""}};
    Client client{balancer.port()};
    const Message answer = client.post("/", "pay");
    CHECK(answer.status() == 502);
    CHECK(answer.field("X-Fairlead-Failure") == (with_reset ? "backend_reset" : "backend_closed"));
    CHECK(dying.request_count() == 1);
    CHECK(alive.connections() == 0);
    // The client's connection is none the worse for it.
    CHECK(client.post("/", "again").status() == 502);
}

TEST_CASE("non_idempotent = true repeats a POST", "[scenarios][retry]") {
    FakeBackend dying{reset_after_request};
    PlainBackend alive{"alive"};
    const Balancer balancer{{.backends = {dying.address(), alive.address()},
                             .pool = "policy = \"first\"\nretry = { non_idempotent = true }"}};
    CHECK(Client(balancer.port()).post("/", "pay").body == "alive");
    REQUIRE(alive.requests().size() == 1);
    CHECK(alive.requests()[0].body == "pay");
}

TEST_CASE("a PUT is not repeated after a reset: only GET, HEAD and OPTIONS are",
          "[scenarios][retry]") {
    FakeBackend dying{reset_after_request};
    PlainBackend alive{"alive"};
    const Balancer balancer{
        {.backends = {dying.address(), alive.address()}, .pool = "policy = \"first\""}};
    Client client{balancer.port()};
    CHECK(client.ask("PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\nx").status() == 502);
    CHECK(client.ask("OPTIONS / HTTP/1.1\r\nHost: t\r\n\r\n").body == "alive");
    CHECK(client.ask("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n").status() == 200);
}

TEST_CASE("a GET with a body that is held is repeated with its body", "[scenarios][retry]") {
    FakeBackend dying{reset_after_request};
    PlainBackend alive{"alive"};
    const Balancer balancer{
        {.backends = {dying.address(), alive.address()}, .pool = "policy = \"first\""}};
    Client client{balancer.port()};
    const std::string head = "GET / HTTP/1.1\r\nHost: test\r\n";
    SECTION("with a length") {
        CHECK(client.ask(head + "Content-Length: 5\r\n\r\nquery").body == "alive");
    }
    SECTION("chunked") {
        const Message answer =
            client.ask(head + "Transfer-Encoding: chunked\r\n\r\n3\r\nque\r\n2\r\nry\r\n0\r\n\r\n");
        CHECK(answer.body == "alive");
    }
    REQUIRE(alive.requests().size() == 1);
    CHECK(alive.requests()[0].body == "query");
}

TEST_CASE("a response that is half received is never retried", "[scenarios][retry]") {
    FakeBackend dying{[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    }};
    PlainBackend alive{"alive"};
    const Balancer balancer{
        {.backends = {dying.address(), alive.address()}, .pool = "policy = \"first\""}};
    Client client{balancer.port()};
    CHECK_FALSE(client.get("/").is_whole);
    CHECK(alive.connections() == 0);
}

}  // namespace fairlead::scenarios
