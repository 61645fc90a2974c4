// Retries of requests that reached a backend are a share of all requests, at least 10 a second.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("when everything fails, retries stop at the budget", "[scenarios][retry]") {
    FakeBackend a{serve("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")};
    FakeBackend b{serve("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")};
    const Balancer balancer{{.backends = {a.address(), b.address()},
                             .pool = "policy = \"round_robin\"\nretry = { attempts = 1 }"}};
    Client client{balancer.port()};
    constexpr std::size_t kRequests = 400;
    for (std::size_t request = 0; request < kRequests; ++request) {
        CHECK(client.get("/").status() == 503);
    }
    const std::size_t extra = a.request_count() + b.request_count() - kRequests;
    // 20 % of them, and 10 a second for the few seconds a slow machine needs.
    CHECK(extra >= 10);
    CHECK(extra <= kRequests / 5 + 60);
    CHECK(balancer.metric("fairlead_retry_budget_exhausted_total{pool=\"app\"}") > 0);
}

TEST_CASE("a connect that was refused costs no budget", "[scenarios][retry]") {
    const RefusingAddress dead;
    PlainBackend alive{"alive"};
    const Balancer balancer{{.backends = {dead.address(), alive.address()},
                             .pool = "policy = \"first\"\nretry = { budget = \"1%\" }"}};
    Client client{balancer.port()};
    for (int request = 0; request < 100; ++request) CHECK(client.get("/").body == "alive");
}

}  // namespace fairlead::scenarios
