// Which request goes where.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

std::string pool_table(const std::string& name, const FakeBackend& backend) {
    return "[pool." + name + "]\nbackends = [\"" + backend.address() + "\"]\n";
}

}  // namespace

TEST_CASE("routes match host, path, method and header, the first one wins",
          "[scenarios][routing]") {
    PlainBackend app{"app"};
    PlainBackend api{"api"};
    PlainBackend canary{"canary"};
    const Balancer balancer{{.backends = {app.address()},
                             .more = pool_table("api", api) + pool_table("canary", canary) + R"(
[[route]]
path = "/v1/*"
header = { X-Canary = "1" }
pool = "canary"
[[route]]
host = ["api.example.com", "*.api.example.com"]
path = "/v1/*"
method = ["GET", "POST"]
pool = "api"
[[route]]
path = "/any"
header = { X-Debug = "*" }
pool = "canary"
)"}};
    Client client{balancer.port()};
    const auto ask = [&](const std::string& line, const std::string& host,
                         const std::string& fields = {}) {
        return client.ask(line + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n").body;
    };
    CHECK(ask("GET /v1/users", "api.example.com") == "api");
    CHECK(ask("GET /v1", "API.example.COM.:8080") == "api");
    CHECK(ask("GET /v1/", "eu.api.example.com") == "api");
    CHECK(ask("GET /v1/", "a.eu.api.example.com") == "app");
    CHECK(ask("DELETE /v1/", "api.example.com") == "app");
    CHECK(ask("GET /v11", "api.example.com") == "app");
    CHECK(ask("GET /v1/x", "other", "X-Canary: 1\r\n") == "canary");
    CHECK(ask("GET /v1/x", "other", "X-Canary: 2\r\n") == "app");
    CHECK(ask("GET /any", "other", "x-debug:\r\n") == "canary");
    CHECK(ask("GET /any", "other") == "app");
    // The path is normalised before it is matched, and an absolute target's authority is the host.
    CHECK(ask("GET //v1/./x/../%75sers", "api.example.com") == "api");
    CHECK(api.requests().back().target() == "//v1/users");
    CHECK(ask("GET /x/%2e%2e/v1/a", "api.example.com") == "api");
    CHECK(ask("GET http://api.example.com/v1/abs?q=1", "other") == "api");
    CHECK(api.requests().back().start_line() == "GET /v1/abs?q=1 HTTP/1.1");
    CHECK(api.requests().back().field("Host") == "api.example.com");
    CHECK(ask("GET /v1%2Fx", "api.example.com") == "app");
}

TEST_CASE("without a route and without a pool: 404 no_route", "[scenarios][routing]") {
    PlainBackend app{"app"};
    const Balancer balancer{
        {.more = pool_table("app", app) + "[[route]]\npath = \"/app\"\npool = \"app\"\n"}};
    Client client{balancer.port()};
    CHECK(client.get("/app").body == "app");
    const Message answer = client.get("/other");
    CHECK(answer.status() == 404);
    CHECK(answer.field("X-Fairlead-Failure") == "no_route");
    const Message json = client.get("/other", "Accept: application/json\r\n");
    CHECK(json.field("Content-Type") == "application/json");
    CHECK(JsonText(json.body).at("/failure") == "no_route");
    CHECK(client.get("/app").body == "app");
}

TEST_CASE("redirects fill in parts of the request", "[scenarios][routing]") {
    const auto [redirect, expected] = GENERATE(table<std::string, std::string>({
        {"https://www.example.com{uri}", "https://www.example.com/a/b?x=1&y=2"},
        {"{scheme}://new.{host}{path}", "http://new.old.example.com/a/b"},
        {"https://e.com/?from={path}&{query}", "https://e.com/?from=/a/b&x=1&y=2"},
    }));
    const Balancer balancer{
        {.more = "[[route]]\nhost = \"old.example.com\"\nredirect = \"" + redirect +
                 "\"\nstatus = 308\n[[route]]\npath = \"/*\"\nredirect = \"/here\"\n"}};
    Client client{balancer.port()};
    const Message answer =
        client.ask("GET /a/b?x=1&y=2 HTTP/1.1\r\nHost: old.example.com:8080\r\n\r\n");
    CHECK(answer.status() == 308);
    CHECK(answer.field("Location") == expected);
    CHECK_FALSE(answer.has("X-Fairlead-Failure"));
    const Message plain = client.get("/x");
    CHECK(plain.status() == 302);
    CHECK(plain.field("Location") == "/here");
}

TEST_CASE("fixed answers come without a backend", "[scenarios][routing]") {
    const Balancer balancer{{.more = R"([[route]]
path = "/robots.txt"
status = 200
body = "Disallow: /"
response_headers = { set = { X-Made = "here" } }
[[route]]
path = "/gone"
status = 410
[[route]]
path = "/empty"
status = 204
)"}};
    Client client{balancer.port()};
    const Message robots = client.get("/robots.txt");
    CHECK(robots.status() == 200);
    CHECK(robots.body == "Disallow: /");
    CHECK(robots.field("X-Made") == "here");
    CHECK(client.post("/gone", "a body that nobody reads").status() == 410);
    Client other{balancer.port()};
    CHECK(other.get("/empty").status() == 204);
    CHECK(other.ask("HEAD /robots.txt HTTP/1.1\r\nHost: t\r\n\r\n").field("Content-Length") ==
          "11");
    CHECK(other.get("/empty").status() == 204);
    const JsonText line = balancer.wait_for_access_log(5)[0];
    CHECK(line.at("/status") == "200");
    CHECK(line.at("/backend") == "");
    CHECK(line.at("/attempts") == "[]");
}

}  // namespace fairlead::scenarios
