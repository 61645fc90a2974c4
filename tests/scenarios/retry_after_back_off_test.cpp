// When every backend there is has failed a request, they are asked again after a moment.
#include <atomic>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

/// Resets what it gets so many times, then answers.
FakeBackend::Script dying(std::atomic<int>& times) {
    return [&times](Peer& peer) {
        while (peer.read_request().is_whole) {
            if (times.fetch_sub(1) > 0) {
                peer.reset();
                return;
            }
            peer.send(ok("alive"));
        }
    };
}

}  // namespace

TEST_CASE("the only backend gets a GET again that it has dropped", "[scenarios][retry]") {
    std::atomic<int> times{2};
    FakeBackend backend{dying(times)};
    const Balancer balancer{{.backends = {backend.address()}, .pool = "passive = \"off\""}};
    CHECK(Client(balancer.port()).get("/").body == "alive");
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/attempts/0/reason") == "backend_reset");
    CHECK(line.at("/attempts/1/reason") == "backend_reset");
    CHECK(line.at("/attempts/2/reason") == "none");
    CHECK(balancer.metric("fairlead_retries_total{pool=\"app\",reason=\"reset\"}") == 2);
}

TEST_CASE("a POST that the only backend has dropped is not sent again", "[scenarios][retry]") {
    std::atomic<int> times{1};
    FakeBackend backend{dying(times)};
    const Balancer balancer{{.backends = {backend.address()}, .pool = "passive = \"off\""}};
    CHECK(Client(balancer.port()).post("/", "pay").status() == 502);
    CHECK(backend.request_count() == 1);
}

TEST_CASE("tries are counted over all rounds, and the last failure stands", "[scenarios][retry]") {
    const RefusingAddress dead;
    const Balancer balancer{{.backends = {dead.address()}, .pool = "retry = { attempts = 4 }"}};
    const Message answer = get(balancer.port(), "/");
    CHECK(answer.status() == 502);
    CHECK(answer.field("X-Fairlead-Failure") == "connect_refused");
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/attempts/4/reason") == "connect_refused");
    CHECK(line.at("/attempts/5") == "(none)");
}

TEST_CASE("a total time that ends in the pause between two rounds is kept", "[scenarios][retry]") {
    const RefusingAddress dead;
    const Balancer balancer{{.backends = {dead.address()},
                             .pool = "retry = { attempts = 10 }\n"
                                     "timeouts = { total = \"100ms\", connect = \"50ms\" }"}};
    // Ten pauses of up to 800 ms each: that they take less than 100 ms will not be seen.
    const Message answer = get(balancer.port(), "/");
    CHECK(answer.status() == 504);
    CHECK(answer.field("X-Fairlead-Failure") == "total_timeout");
}

TEST_CASE("a client that leaves in the pause ends its request", "[scenarios][retry]") {
    const RefusingAddress dead;
    const Balancer balancer{{.backends = {dead.address()}, .pool = "retry = { attempts = 10 }"}};
    {
        Client client{balancer.port()};
        client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
        CHECK(eventually([&] {
            return balancer.metric("fairlead_retries_total{pool=\"app\",reason=\"connect\"}") >= 3;
        }));
    }
    CHECK(balancer.wait_for_access_log(1).front().at("/status") == "499");
}

}  // namespace fairlead::scenarios
