// What the admin endpoint answers, and to whom.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("the admin endpoint shows what runs", "[scenarios][admin]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}}};
    for (int request = 0; request < 3; ++request) get(balancer.port(), "/");
    CHECK(balancer.admin("/live").status() == 200);
    CHECK(balancer.admin("/ready").status() == 200);
    CHECK(balancer.admin("/ready?pool=app").status() == 200);
    CHECK(balancer.admin("/ready?pool=none").status() == 404);
    CHECK(balancer.admin("/none").status() == 404);

    const Message page = balancer.admin("/");
    CHECK(page.status() == 200);
    CHECK(page.field("Content-Type").starts_with("text/html"));
    CHECK(page.body.find(backend.address()) != std::string::npos);

    // A lease ends a moment after the client has its answer.
    CHECK(eventually([&] { return balancer.status("/pools/0/backends/0/in_flight") == "0"; }));
    const Message status = balancer.admin("/api/v1/status");
    CHECK(status.field("Content-Type") == "application/json");
    const JsonText json{status.body};
    CHECK(json.at("/version") == "0.1.0");
    CHECK(json.at("/generation") == "1");
    CHECK(json.at("/listeners/0/name") == "web");
    CHECK(json.at("/listeners/0/connections_total") == "3");
    CHECK(json.at("/pools/0/name") == "app");
    CHECK(json.at("/pools/0/backends/0/name") == backend.address());
    CHECK(json.at("/pools/0/backends/0/counters/requests/2xx") == "3");
    const JsonText pool{balancer.admin("/api/v1/pools/app").body};
    CHECK(pool.at("/backends/0/address") == backend.address());
    const JsonText error{balancer.admin("/api/v1/pools/none").body};
    CHECK(error.at("/error") != "(none)");
    CHECK(error.at("/hint") != "(none)");
}

TEST_CASE("metrics count what happened", "[scenarios][admin]") {
    PlainBackend backend{"body"};
    const RefusingAddress dead;
    const Balancer balancer{
        {.backends = {backend.address()},
         .more = "[[route]]\npath = \"/dead\"\nname = \"dead\"\npool = \"dead\"\n[pool.dead]\n"
                 "backends = [\"" +
                 dead.address() + "\"]"}};
    Client client{balancer.port()};
    for (int request = 0; request < 4; ++request) client.get("/");
    client.get("/dead");
    // Counted when the exchange has ended, which is after the client has its answer.
    CHECK(eventually([&] {
        return balancer.metric(
                   "fairlead_failures_total{listener=\"web\",pool=\"dead\",failure="
                   "\"connect_refused\"}") == 1;
    }));
    const Message listing = balancer.admin("/metrics");
    CHECK(listing.field("Content-Type").starts_with("text/plain; version=0.0.4"));
    INFO(listing.body);
    const std::string of_backend = "pool=\"app\",backend=\"" + backend.address() + "\"";
    CHECK(balancer.metric("fairlead_backend_requests_total{" + of_backend + ",class=\"2xx\"}") ==
          4);
    CHECK(balancer.metric("fairlead_backend_connects_total{" + of_backend + ",result=\"ok\"}") ==
          1);
    CHECK(balancer.metric("fairlead_backend_connections{" + of_backend + ",state=\"idle\"}") == 1);
    CHECK(balancer.metric("fairlead_connections{listener=\"web\"}") == 1);
    CHECK(balancer.metric("fairlead_connections_total{listener=\"web\"}") == 1);
    CHECK(balancer.metric("fairlead_requests_total{listener=\"web\",route=\"dead\",pool=\"dead\","
                          "class=\"5xx\"}") == 1);
    CHECK(balancer.metric("fairlead_request_seconds_count{pool=\"app\"}") == 4);
    CHECK(listing.body.find("process_resident_memory_bytes ") != std::string::npos);
}

TEST_CASE("what may steer a browser is refused", "[scenarios][admin]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.admin_port()};
    const auto ask = [&](const std::string& line, const std::string& host) {
        return client.ask(line + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status();
    };
    CHECK(ask("GET /", "evil.example") == 403);
    CHECK(ask("GET /api/v1/status", "evil.example") == 403);
    CHECK(ask("GET /api/v1/status", "localhost:1234") == 200);
    CHECK(ask("GET /api/v1/status", "127.0.0.1") == 200);
    CHECK(ask("GET /live", "evil.example") == 200);
    CHECK(ask("GET /metrics", "evil.example") == 200);
    CHECK(ask("HEAD /metrics", "localhost") == 200);
    const Message refused = client.ask("DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(refused.status() == 405);
    CHECK(refused.field("Allow") == "GET, HEAD");
    CHECK(client.ask("nonsense\r\n\r\n").status() == 400);
}

TEST_CASE("/ready of a pool says 503 when nothing of it is usable", "[scenarios][admin]") {
    const RefusingAddress dead;
    const Balancer balancer{
        {.backends = {dead.address()},
         .pool = "when_all_down = \"fail\"\ncheck = { tcp = true, every = \"50ms\", timeout = "
                 "\"50ms\", every_changing = \"50ms\", fall = 1 }"}};
    CHECK(eventually([&] { return balancer.admin("/ready?pool=app").status() == 503; }));
    CHECK(balancer.admin("/ready").status() == 200);
}

}  // namespace fairlead::scenarios
