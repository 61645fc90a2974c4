// Requests wait when every backend is at max_in_flight.
#include <memory>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

/// Answers "/hold" when the gate opens, anything else at once.
FakeBackend::Script held_by(Gate& gate) {
    return serve([&gate](const Message& request) {
        if (request.target() == "/hold") gate.wait();
        return ok(request.target());
    });
}

constexpr const char* kHold = "GET /hold HTTP/1.1\r\nHost: t\r\n\r\n";

double waiting(const Balancer& balancer) {
    return balancer.metric("fairlead_queue_length{pool=\"app\"}");
}

}  // namespace

TEST_CASE("a request waits for a full backend and is served in its turn", "[scenarios][queue]") {
    Gate gate;
    FakeBackend backend{held_by(gate)};
    const Balancer balancer{{.backends = {backend.address()}, .pool = "max_in_flight = 1"}};
    Client first{balancer.port()};
    first.send(kHold);
    REQUIRE(backend.wait_for_requests(1));
    Client second{balancer.port()};
    second.send("GET /second HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(eventually([&] { return waiting(balancer) == 1; }));
    Client third{balancer.port()};
    third.send("GET /third HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(eventually([&] { return waiting(balancer) == 2; }));
    CHECK(backend.request_count() == 1);
    CHECK(balancer.status("/pools/0/queue_length") == "2");
    gate.open();
    CHECK(first.read_response().body == "/hold");
    CHECK(second.read_response().body == "/second");
    CHECK(third.read_response().body == "/third");
    CHECK(backend.requests()[1].target() == "/second");
    CHECK(waiting(balancer) == 0);
    const auto lines = balancer.wait_for_access_log(3);
    CHECK(lines[0].at("/ms/queue") == "null");
    CHECK(std::stod(lines[1].at("/ms/queue")) > 0);
}

TEST_CASE("a request served by another worker's release", "[scenarios][queue]") {
    Gate gate;
    FakeBackend backend{held_by(gate)};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = "max_in_flight = 1", .process = "workers = 4"}};
    Client first{balancer.port()};
    first.send(kHold);
    REQUIRE(backend.wait_for_requests(1));
    std::vector<std::unique_ptr<Client>> others;
    for (int number = 0; number < 16; ++number) {
        others.push_back(std::make_unique<Client>(balancer.port()));
        others.back()->send("GET /other HTTP/1.1\r\nHost: t\r\n\r\n");
    }
    REQUIRE(eventually([&] { return waiting(balancer) == 16; }));
    gate.open();
    CHECK(first.read_response().status() == 200);
    for (const auto& other : others) CHECK(other->read_response().status() == 200);
}

TEST_CASE("a full queue answers 503 queue_full", "[scenarios][queue]") {
    Gate gate;
    FakeBackend backend{held_by(gate)};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = "max_in_flight = 1\nqueue = { size = 1 }"}};
    Client first{balancer.port()};
    first.send(kHold);
    REQUIRE(backend.wait_for_requests(1));
    Client second{balancer.port()};
    second.send(kHold);
    REQUIRE(eventually([&] { return waiting(balancer) == 1; }));
    Client third{balancer.port()};
    const Message answer = third.get("/");
    CHECK(answer.status() == 503);
    CHECK(answer.field("X-Fairlead-Failure") == "queue_full");
    CHECK(answer.has("Retry-After"));
    gate.open();
    CHECK(second.read_response().status() == 200);
    CHECK(third.get("/").status() == 200);
}

TEST_CASE("without a queue a full backend answers 503 at once", "[scenarios][queue]") {
    Gate gate;
    FakeBackend backend{held_by(gate)};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = "max_in_flight = 1\nqueue = \"off\""}};
    Client first{balancer.port()};
    first.send(kHold);
    REQUIRE(backend.wait_for_requests(1));
    CHECK(get(balancer.port(), "/").field("X-Fairlead-Failure") == "queue_full");
    gate.open();
    CHECK(first.read_response().status() == 200);
}

TEST_CASE("a wait that takes too long answers 503 queue_timeout", "[scenarios][queue]") {
    Gate gate;
    FakeBackend backend{held_by(gate)};
    const Balancer balancer{{.backends = {backend.address()},
                             .pool = "max_in_flight = 1\nqueue = { wait = \"200ms\" }"}};
    Client first{balancer.port()};
    first.send(kHold);
    REQUIRE(backend.wait_for_requests(1));
    Client second{balancer.port()};
    const Message answer = second.get("/");
    CHECK(answer.status() == 503);
    CHECK(answer.field("X-Fairlead-Failure") == "queue_timeout");
    CHECK(answer.has("Retry-After"));
    gate.open();
    CHECK(first.read_response().status() == 200);
    CHECK(second.get("/").status() == 200);
}

TEST_CASE("a client that has left is dropped from the queue", "[scenarios][queue]") {
    Gate gate;
    FakeBackend backend{held_by(gate)};
    const Balancer balancer{{.backends = {backend.address()}, .pool = "max_in_flight = 1"}};
    Client first{balancer.port()};
    first.send(kHold);
    REQUIRE(backend.wait_for_requests(1));
    const bool with_reset = GENERATE(true, false);
    Client second{balancer.port()};
    second.send("GET /gone HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(eventually([&] { return waiting(balancer) == 1; }));
    with_reset ? second.reset() : second.close();
    CHECK(eventually([&] { return waiting(balancer) == 0; }));
    gate.open();
    CHECK(first.read_response().status() == 200);
    CHECK(first.get("/").status() == 200);
    for (const Message& request : backend.requests()) CHECK(request.target() != "/gone");
    const JsonText line = balancer.wait_for_access_log(1)[0];
    CHECK(line.at("/status") == "499");
    CHECK(line.at("/failure") == "client_closed");
    CHECK(line.at("/path") == "/gone");
}

}  // namespace fairlead::scenarios
