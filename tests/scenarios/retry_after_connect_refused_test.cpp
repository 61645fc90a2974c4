// A backend that refuses connections is left out without the client noticing, for any method.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("a request to a backend that refuses goes to another one", "[scenarios][retry]") {
    const RefusingAddress dead;
    PlainBackend alive{"alive"};
    const Balancer balancer{
        {.backends = {dead.address(), alive.address()}, .pool = "policy = \"first\""}};
    Client client{balancer.port()};

    SECTION("GET") { CHECK(client.get("/").body == "alive"); }
    SECTION("POST: nothing of it was sent yet") {
        CHECK(client.post("/", "once").body == "alive");
        REQUIRE(alive.requests().size() == 1);
        CHECK(alive.requests()[0].body == "once");
    }
    SECTION("the log tells of both attempts") {
        client.get("/");
        const JsonText line = balancer.wait_for_access_log(1).front();
        CHECK(line.at("/status") == "200");
        CHECK(line.at("/failure") == "none");
        CHECK(line.at("/backend") == alive.address());
        CHECK(line.at("/attempts/0/backend") == dead.address());
        CHECK(line.at("/attempts/0/reason") == "connect_refused");
        CHECK(line.at("/attempts/1/backend") == alive.address());
        CHECK(line.at("/attempts/1/reason") == "none");
        CHECK(balancer.metric("fairlead_retries_total{pool=\"app\",reason=\"connect\"}") == 1);
    }
}

TEST_CASE("when every backend refuses, the client is told", "[scenarios][retry]") {
    const RefusingAddress a;
    const RefusingAddress b;
    const RefusingAddress c;
    const RefusingAddress d;
    const Balancer balancer{{.backends = {a.address(), b.address(), c.address(), d.address()},
                             .pool = "policy = \"first\""}};
    const Message answer = get(balancer.port(), "/");
    CHECK(answer.status() == 502);
    CHECK(answer.field("X-Fairlead-Failure") == "connect_refused");
    // Two extra tries are the default: the fourth backend was not asked.
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/attempts/2/backend") == c.address());
    CHECK(line.at("/attempts/3") == "(none)");
}

TEST_CASE("retry = \"off\" passes the first failure on", "[scenarios][retry]") {
    const RefusingAddress dead;
    PlainBackend alive{"alive"};
    const Balancer balancer{{.backends = {dead.address(), alive.address()},
                             .pool = "policy = \"first\"\nretry = \"off\""}};
    const Message answer = get(balancer.port(), "/");
    CHECK(answer.status() == 502);
    CHECK(answer.field("X-Fairlead-Failure") == "connect_refused");
    CHECK(alive.connections() == 0);
}

}  // namespace fairlead::scenarios
