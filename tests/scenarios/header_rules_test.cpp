// set, add and remove of a route, both directions.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("header rules of a route change requests and responses", "[scenarios][http]") {
    FakeBackend backend{
        serve(ok("body", "Server: secret\r\nX-Old: 1\r\nX-Old: 2\r\nX-More: a\r\n"))};
    const Balancer balancer{{.backends = {backend.address()}, .more = R"([[route]]
path = "/*"
pool = "app"
request_headers = { set = { X-Env = "prod" }, add = { X-Tag = "new" }, remove = ["X-Debug"] }
response_headers = { set = { X-Old = "3" }, add = { X-More = "b" }, remove = ["Server"] }
)"}};
    Client client{balancer.port()};
    const Message answer =
        client.get("/", "X-Env: test\r\nx-env: again\r\nX-Tag: old\r\nX-DEBUG: 1\r\n");
    CHECK(answer.body == "body");
    CHECK(answer.fields("X-Old") == std::vector<std::string>{"3"});
    CHECK(answer.fields("X-More") == std::vector<std::string>{"a", "b"});
    CHECK_FALSE(answer.has("Server"));
    const Message request = backend.requests()[0];
    CHECK(request.fields("X-Env") == std::vector<std::string>{"prod"});
    CHECK(request.fields("X-Tag") == std::vector<std::string>{"old", "new"});
    CHECK_FALSE(request.has("X-Debug"));
}

TEST_CASE("host_header says what Host a backend sees", "[scenarios][http]") {
    const auto host_seen = [](const std::string& setting) {
        PlainBackend backend{"body"};
        const Balancer balancer{
            {.backends = {backend.address()}, .pool = "host_header = \"" + setting + "\""}};
        get(balancer.port(), "/");
        const Message request = backend.requests().at(0);
        CHECK(request.field("X-Forwarded-Host") == "test");
        CHECK(request.fields("Host").size() == 1);
        return request.field("Host") == backend.address() ? "its address" : request.field("Host");
    };
    CHECK(host_seen("keep") == "test");
    CHECK(host_seen("backend") == "its address");
    CHECK(host_seen("inner.example") == "inner.example");
}

TEST_CASE("hop-by-hop fields and what Connection names end here, framing and identity do not",
          "[scenarios][http]") {
    FakeBackend backend{serve(ok("body",
                                 "Connection: X-Inner, close-not\r\nX-Inner: 1\r\n"
                                 "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n"))};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    const Message answer = client.post(
        "/", "abc",
        "Connection: X-Hop, Host, Content-Length, Authorization, Cookie, X-Forwarded-For\r\n"
        "X-Hop: 1\r\nAuthorization: Basic abc\r\nCookie: a=b\r\nKeep-Alive: 5\r\n"
        "Proxy-Connection: close\r\nTE: trailers, gzip\r\nProxy-Authorization: x\r\n");
    CHECK_FALSE(answer.has("X-Inner"));
    CHECK_FALSE(answer.has("Keep-Alive"));
    CHECK_FALSE(answer.has("Proxy-Connection"));
    const Message request = backend.requests()[0];
    CHECK(request.body == "abc");
    CHECK(request.field("Host") == "test");
    CHECK(request.field("Authorization") == "Basic abc");
    CHECK(request.field("Cookie") == "a=b");
    CHECK(request.field("X-Forwarded-For") == "127.0.0.1");
    CHECK(request.field("TE") == "trailers");
    CHECK(request.field("Connection") == "TE");
    CHECK_FALSE(request.has("X-Hop"));
    CHECK_FALSE(request.has("Keep-Alive"));
    CHECK_FALSE(request.has("Proxy-Connection"));
}

TEST_CASE("Via is told where the listener says", "[scenarios][http]") {
    FakeBackend backend{serve(ok("body", "Via: 1.0 inner\r\n"))};
    const auto [setting, in_request, in_response] =
        GENERATE(table<std::string, bool, bool>({{"off", false, false},
                                                 {"request", true, false},
                                                 {"response", false, true},
                                                 {"both", true, true}}));
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "via = \"" + setting + "\""}};
    const Message answer = Client(balancer.port()).ask("GET / HTTP/1.0\r\n\r\n");
    CHECK(answer.fields("Via").size() == (in_response ? 2 : 1));
    if (in_response) CHECK(answer.fields("Via")[1] == "1.1 fairlead");
    CHECK(backend.requests()[0].field("Via") == (in_request ? "1.0 fairlead" : ""));
}

}  // namespace fairlead::scenarios
