// A backend that keeps us waiting: each kind of wait has its limit and its word.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

void take_and_hold(Peer& peer) {
    peer.read_request();
    hold(peer);
}

}  // namespace

TEST_CASE("a backend that does not take the connection in time: 504 connect_timeout",
          "[scenarios][timeouts]") {
    const SilentAddress silent;
    const Balancer balancer{
        {.backends = {silent.address()}, .pool = "timeouts = { connect = \"150ms\" }"}};
    const Message answer = get(balancer.port(), "/");
    CHECK(answer.status() == 504);
    CHECK(answer.field("X-Fairlead-Failure") == "connect_timeout");
}

TEST_CASE("a connect that times out is tried elsewhere, a POST too", "[scenarios][timeouts]") {
    const SilentAddress silent;
    PlainBackend alive{"alive"};
    const Balancer balancer{{.backends = {silent.address(), alive.address()},
                             .pool = "policy = \"first\"\ntimeouts = { connect = \"1s\" }"}};
    CHECK(Client(balancer.port()).post("/", "x").body == "alive");
}

TEST_CASE("a backend that does not answer in time: 504 backend_timeout, tried once",
          "[scenarios][timeouts]") {
    FakeBackend slow{take_and_hold};
    FakeBackend other{take_and_hold};
    const Balancer balancer{{.backends = {slow.address(), other.address()},
                             .pool = "policy = \"first\"\ntimeouts = { response = \"150ms\" }"}};
    const Message answer = get(balancer.port(), "/");
    CHECK(answer.status() == 504);
    CHECK(answer.field("X-Fairlead-Failure") == "backend_timeout");
    CHECK(other.connections() == 0);
}

TEST_CASE("a response timeout is retried when `on` lists it", "[scenarios][timeouts]") {
    FakeBackend slow{take_and_hold};
    PlainBackend alive{"alive"};
    const Balancer balancer{{.backends = {slow.address(), alive.address()},
                             .pool = "policy = \"first\"\nretry = { on = [\"timeout\"] }\n"
                                     "timeouts = { response = \"1s\" }"}};
    CHECK(get(balancer.port(), "/").body == "alive");
}

TEST_CASE("per_try limits one attempt", "[scenarios][timeouts]") {
    FakeBackend slow{take_and_hold};
    PlainBackend alive{"alive"};
    const Balancer balancer{
        {.backends = {slow.address(), alive.address()},
         .pool = "policy = \"first\"\nretry = { on = [\"timeout\"], per_try = \"1s\" }"}};
    CHECK(get(balancer.port(), "/").body == "alive");
}

TEST_CASE("the whole exchange has its own limit: 504 total_timeout", "[scenarios][timeouts]") {
    FakeBackend slow{take_and_hold};
    const Balancer balancer{{.backends = {slow.address()},
                             .pool = "timeouts = { total = \"10s\", response = \"150ms\" }\n"
                                     "retry = { attempts = 5, on = [\"timeout\"] }"}};
    // With one backend nothing is left to try after 150 ms: that is the response's limit.
    CHECK(get(balancer.port(), "/").field("X-Fairlead-Failure") == "backend_timeout");

    FakeBackend slow2{take_and_hold};
    const Balancer both{
        {.backends = {slow.address(), slow2.address()},
         .pool = "timeouts = { total = \"200ms\", connect = \"100ms\", response = \"150ms\", idle "
                 "= \"150ms\" }\nretry = { attempts = 5, on = [\"timeout\"] }"}};
    const Message answer = get(both.port(), "/");
    CHECK(answer.status() == 504);
    CHECK(answer.field("X-Fairlead-Failure") == "total_timeout");
}

TEST_CASE("a response that stops coming is cut off", "[scenarios][timeouts]") {
    FakeBackend stuck{[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        hold(peer);
    }};
    const Balancer balancer{
        {.backends = {stuck.address()}, .pool = "timeouts = { idle = \"150ms\" }"}};
    Client client{balancer.port()};
    const Message answer = client.get("/");
    CHECK(answer.status() == 200);
    CHECK(answer.body == "half");
    CHECK_FALSE(answer.is_whole);
    CHECK(client.ending() == Ending::Reset);
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/failure") == "backend_timeout");
    CHECK(line.at("/status") == "200");
}

TEST_CASE("a route may have other limits than its pool", "[scenarios][timeouts]") {
    FakeBackend slow{take_and_hold};
    const Balancer balancer{{.backends = {slow.address()},
                             .more = "[[route]]\npath = \"/slow\"\npool = \"app\"\n"
                                     "timeouts = { response = \"150ms\" }"}};
    CHECK(get(balancer.port(), "/slow").field("X-Fairlead-Failure") == "backend_timeout");
}

}  // namespace fairlead::scenarios
