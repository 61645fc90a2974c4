// Bodies that are larger than what is held, and waits that meet a retry.
#include <atomic>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr std::size_t kLarge = 2 * 1024 * 1024;

std::string large_post(bool is_chunked) {
    const std::string body(kLarge, 'b');
    const std::string head = "POST / HTTP/1.1\r\nHost: t\r\n";
    if (!is_chunked) {
        return head + "Content-Length: " + std::to_string(kLarge) + "\r\n\r\n" + body;
    }
    return head + "Transfer-Encoding: chunked\r\n\r\n200000\r\n" + body + "\r\n0\r\n\r\n";
}

}  // namespace

TEST_CASE("a large upload survives backends that cannot be reached", "[scenarios][retry]") {
    const bool is_chunked = GENERATE(false, true);
    const RefusingAddress refusing;
    const SilentAddress silent;
    FakeBackend alive{
        serve([](const Message& request) { return ok(std::to_string(request.body.size())); })};
    const Balancer balancer{{.backends = {refusing.address(), silent.address(), alive.address()},
                             .pool = "policy = \"first\"\ntimeouts = { connect = \"1s\" }"}};
    Client client{balancer.port()};
    CHECK(client.ask(large_post(is_chunked)).body == std::to_string(kLarge));
    CHECK(client.get("/").status() == 200);
}

TEST_CASE("a large GET body that is no longer held is not sent again", "[scenarios][retry]") {
    FakeBackend dying{[&](Peer& peer) {
        peer.read_head();
        peer.read_exactly(kLarge / 2);
        peer.reset();
    }};
    PlainBackend alive{"alive"};
    const Balancer balancer{
        {.backends = {dying.address(), alive.address()}, .pool = "policy = \"first\""}};
    Client client{balancer.port()};
    std::string request = large_post(false);
    request.replace(0, 4, "GET");
    const Message answer = client.ask(request);
    CHECK(answer.status() == 502);
    CHECK(answer.field("X-Fairlead-Failure") == "backend_reset");
    CHECK(alive.connections() == 0);
}

TEST_CASE("a retry waits in the queue when the other backends are full",
          "[scenarios][retry][queue]") {
    Gate gate;
    const RefusingAddress dead;
    FakeBackend full{serve([&](const Message& request) {
        if (request.target() == "/hold") gate.wait();
        return ok("served");
    })};
    const Balancer balancer{{.backends = {dead.address(), full.address()},
                             .pool = "policy = \"first\"\nmax_in_flight = 1"}};
    Client first{balancer.port()};
    first.send("GET /hold HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(full.wait_for_requests(1));
    Client second{balancer.port()};
    second.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(
        eventually([&] { return balancer.metric("fairlead_queue_length{pool=\"app\"}") == 1; }));
    gate.open();
    CHECK(first.read_response().body == "served");
    CHECK(second.read_response().body == "served");
}

TEST_CASE("total runs while a request waits in the queue", "[scenarios][timeouts][queue]") {
    Gate gate;
    FakeBackend full{serve([&](const Message&) {
        gate.wait();
        return ok("served");
    })};
    const Balancer balancer{{.backends = {full.address()},
                             .pool = "max_in_flight = 1",
                             .more = "[[route]]\npath = \"/short\"\npool = \"app\"\n"
                                     "timeouts = { total = \"150ms\", response = \"100ms\" }"}};
    Client first{balancer.port()};
    first.send("GET /hold HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(full.wait_for_requests(1));
    Client second{balancer.port()};
    const Message answer = second.get("/short");
    CHECK(answer.status() == 504);
    CHECK(answer.field("X-Fairlead-Failure") == "total_timeout");
    gate.open();
    CHECK(first.read_response().body == "served");
}

TEST_CASE("retry of a route takes the place of its pool's", "[scenarios][retry]") {
    const RefusingAddress dead;
    PlainBackend alive{"alive"};
    const Balancer balancer{
        {.backends = {dead.address(), alive.address()},
         .pool = "policy = \"first\"",
         .more = "[[route]]\npath = \"/once\"\npool = \"app\"\nretry = \"off\""}};
    Client client{balancer.port()};
    CHECK(client.get("/").body == "alive");
    CHECK(client.get("/once").status() == 502);
}

}  // namespace fairlead::scenarios
