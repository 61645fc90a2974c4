// Backends that speak HTTP/2.
#include <atomic>

#include "tests/scenarios/support/h2_backend.h"
#include "tests/scenarios/support/h2_client.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kPoolH2 = "http = \"2\"\n";

H2Reply reply(std::string body, std::string trailers = {}) {
    return {.head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n",
            .body = std::move(body),
            .trailers = std::move(trailers)};
}

/// Says its name to everything.
FakeBackend::Script named(std::string name) {
    return serve_h2([name](const H2Request&) { return reply(name); });
}

}  // namespace

TEST_CASE("a request of HTTP/1.1 reaches a backend of HTTP/2", "[scenarios][h2]") {
    FakeBackend backend{serve_h2([](const H2Request& request) {
        return reply(request.target() + " " + request.body, "X-Sum: 1\r\n");
    })};
    const Balancer balancer{{.backends = {backend.address()}, .pool = kPoolH2}};
    Client client{balancer.port()};
    CHECK(client.get("/a?b").body == "/a?b ");
    const Message posted = client.post("/c", "body");
    CHECK(posted.body == "/c body");
    CHECK(posted.trailers == "x-sum: 1\r\n");
    CHECK(backend.connections() == 1);
    const Message request = backend.requests().at(1);
    CHECK(request.start_line() == "POST /c HTTP/1.1");
    CHECK(request.field("host") == "test");
    CHECK(request.field("content-length") == "4");
    CHECK(request.field("x-forwarded-for") == "127.0.0.1");
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/proto") == "HTTP/1.1");
    CHECK(line.at("/attempts/0/reason") == "none");
}

TEST_CASE("HTTP/2 on both sides passes bodies and trailers whole", "[scenarios][h2]") {
    FakeBackend backend{serve_h2([](const H2Request& request) {
        return reply(request.body,
                     "Grpc-Status: 0\r\nX-Got: " + request.trailers.substr(0, 3) + "\r\n");
    })};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = kPoolH2, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    std::string body(2'000'000, 'b');
    for (std::size_t at = 0; at < body.size(); at += 1000) body[at] = static_cast<char>(at / 1000);
    H2Answer& answer = client.ask("POST", "/", "TE: trailers\r\n", false);
    client.send_data(answer, body, true, "abc: d\r\n");
    CHECK(client.wait(answer));
    CHECK(answer.body == body);
    CHECK(answer.trailers == "grpc-status: 0\r\nx-got: abc\r\n");
    CHECK(backend.requests().at(0).field("te") == "trailers");
}

TEST_CASE("many requests share a connection, and more than it takes open another",
          "[scenarios][h2]") {
    http::H2Settings few;
    few.streams = 2;
    FakeBackend backend{serve_h2(
        [](const H2Request& request) {
            return request.target() == "/wait" ? H2Reply{.head = ""} : reply("now");
        },
        few)};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = kPoolH2, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    CHECK(client.get("/").body == "now");  // its SETTINGS are known from here on
    client.ask("GET", "/wait");
    CHECK(client.wait_for([&] { return backend.request_count() == 2; }));
    CHECK(backend.connections() == 1);
    client.ask("GET", "/wait");
    CHECK(client.wait_for([&] { return backend.request_count() == 3; }));
    CHECK(backend.connections() == 1);
    CHECK(client.get("/").body == "now");
    CHECK(backend.connections() == 2);
}

TEST_CASE("a stream that is refused goes elsewhere, whatever its method", "[scenarios][h2]") {
    FakeBackend refusing{serve_h2([](const H2Request&) {
        return H2Reply{.resets = true, .error = http::H2Error::RefusedStream};
    })};
    FakeBackend backend{named("other")};
    const Balancer balancer{{.backends = {refusing.address(), backend.address()},
                             .pool = std::string(kPoolH2) + "policy = \"first\"\n"}};
    Client client{balancer.port()};
    CHECK(client.post("/", "body").body == "other");
    CHECK(refusing.request_count() == 1);
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/attempts/0/reason") == "stream_refused");
    CHECK(line.at("/attempts/1/reason") == "none");
}

TEST_CASE("a stream that is reset is the backend's failure", "[scenarios][h2]") {
    FakeBackend broken{serve_h2([](const H2Request&) {
        return H2Reply{.resets = true, .error = http::H2Error::InternalError};
    })};
    const Balancer balancer{{.backends = {broken.address()}, .pool = kPoolH2}};
    Client client{balancer.port()};
    const Message answer = client.post("/", "body");
    CHECK(answer.status() == 502);
    CHECK(answer.field("X-Fairlead-Failure") == "backend_reset");
    CHECK(broken.request_count() == 1);
}

TEST_CASE("a connection that says goodbye answers what it has, and the next is another",
          "[scenarios][h2]") {
    std::atomic<int> count = 0;
    FakeBackend backend{serve_h2([&](const H2Request&) {
        H2Reply last = reply(std::to_string(++count));
        last.goes_away = count == 1;
        return last;
    })};
    const Balancer balancer{{.backends = {backend.address()}, .pool = kPoolH2}};
    Client client{balancer.port()};
    CHECK(client.get("/").body == "1");
    CHECK(client.get("/").body == "2");
    CHECK(backend.connections() == 2);
}

TEST_CASE("a connection that is lost between two requests is not felt", "[scenarios][h2]") {
    FakeBackend backend{[](Peer& peer) {
        serve_h2([](const H2Request&) {
            H2Reply last = reply("once");
            last.closes = true;
            return last;
        })(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}, .pool = kPoolH2}};
    Client client{balancer.port()};
    for (int count = 0; count < 20; ++count) CHECK(client.get("/").body == "once");
    for (const JsonText& line : balancer.wait_for_access_log(20)) {
        CHECK(line.at("/status") == "200");
    }
}

TEST_CASE("requests that are lost with their connection are answered, each once",
          "[scenarios][h2]") {
    FakeBackend backend{[&](Peer& peer) {
        // One good answer, then silence, until the connection is reset under all of them.
        serve_h2([&](const H2Request& request) {
            if (request.target() == "/first") return reply("first");
            if (request.target() == "/last") return H2Reply{.head = "", .closes = true};
            return H2Reply{.head = ""};
        })(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()},
                             .pool = std::string(kPoolH2) + "retry = \"off\"\n",
                             .listener = kBothVersions}};
    H2Client client{balancer.port()};
    CHECK(client.get("/first").body == "first");
    std::vector<H2Answer*> lost;
    for (int count = 0; count < 5; ++count) lost.push_back(&client.ask("GET", "/"));
    CHECK(client.wait_for([&] { return backend.request_count() == 6; }));
    lost.push_back(&client.ask("GET", "/last"));
    for (H2Answer* answer : lost) {
        CHECK(client.wait(*answer));
        CHECK(answer->status() == 502);
        CHECK(answer->field("x-fairlead-failure") == "stale_connection");
    }
}

TEST_CASE("a backend of HTTP/2 that refuses connections is passed over", "[scenarios][h2]") {
    const RefusingAddress refusing;
    FakeBackend backend{named("other")};
    const Balancer balancer{{.backends = {refusing.address(), backend.address()},
                             .pool = std::string(kPoolH2) + "policy = \"first\"\n"}};
    CHECK(get(balancer.port(), "/").body == "other");
    CHECK(balancer.wait_for_access_log(1).front().at("/attempts/0/reason") == "connect_refused");
}

TEST_CASE("a backend that does not answer in time is left", "[scenarios][h2]") {
    FakeBackend silent{serve_h2([](const H2Request&) { return H2Reply{.head = ""}; })};
    const Balancer balancer{
        {.backends = {silent.address()},
         .pool = std::string(kPoolH2) + "timeouts = { response = \"200ms\" }\nretry = \"off\"\n"}};
    const Message answer = get(balancer.port(), "/");
    CHECK(answer.status() == 504);
    CHECK(answer.field("X-Fairlead-Failure") == "backend_timeout");
}

TEST_CASE("a backend of HTTP/1.1 where HTTP/2 was said is a bad response", "[scenarios][h2]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_some();
        peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}, .pool = kPoolH2}};
    const Message answer = get(balancer.port(), "/");
    CHECK(answer.status() == 502);
    CHECK(answer.field("X-Fairlead-Failure") == "backend_bad_response");
}

TEST_CASE("a body that is not as long as it said breaks off", "[scenarios][h2]") {
    FakeBackend backend{serve_h2([](const H2Request&) {
        return H2Reply{.head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", .body = "short"};
    })};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = kPoolH2, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    H2Answer& answer = client.ask("GET", "/");
    CHECK(!client.wait(answer));
    CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "backend_bad_response");
}

TEST_CASE("gRPC's UNAVAILABLE is tried again where that is asked for", "[scenarios][h2]") {
    FakeBackend away{serve_h2([](const H2Request&) {
        return H2Reply{.head =
                           "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\n"
                           "Grpc-Status: 14\r\n\r\n"};
    })};
    FakeBackend backend{named("served")};
    const auto setup = [&](const std::string& more) {
        return Setup{.backends = {away.address(), backend.address()},
                     .pool = std::string(kPoolH2) + "policy = \"first\"\n" + more};
    };
    SECTION("not by default") {
        const Balancer balancer{setup("")};
        CHECK(Client(balancer.port()).post("/", "call").field("grpc-status") == "14");
        CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "none");
    }
    SECTION("with its reason") {
        const Balancer balancer{setup("retry = { on = [\"grpc_unavailable\"] }\n")};
        CHECK(Client(balancer.port()).post("/", "call").body == "served");
        const JsonText line = balancer.wait_for_access_log(1).front();
        CHECK(line.at("/attempts/0/reason") == "grpc_unavailable");
        CHECK(line.at("/attempts/1/reason") == "none");
    }
}

TEST_CASE("checks of such a backend speak HTTP/2 too", "[scenarios][h2]") {
    std::atomic<bool> is_well = true;
    FakeBackend backend{serve_h2([&](const H2Request&) {
        return H2Reply{.head = is_well ? "HTTP/1.1 200 OK\r\n\r\n"
                                       : "HTTP/1.1 503 Service Unavailable\r\n\r\n",
                       .body = "all is well"};
    })};
    const Balancer balancer{
        {.backends = {backend.address()},
         .pool = std::string(kPoolH2) +
                 "check = { http = \"GET /healthz\", body = \"well\", every = \"1s\", timeout = "
                 "\"1s\", fall = 1, rise = 1, every_down = \"50ms\" }\n"}};
    CHECK(balancer.status("/pools/0/backends/0/state") == "up");
    is_well = false;
    CHECK(balancer.wait_for_log("is down: 1 x status 503 (expected 200-399)"));
    is_well = true;
    CHECK(balancer.wait_for_log("is up: 1 passed"));
    const Message asked = backend.requests().at(0);
    CHECK(asked.start_line() == "GET /healthz HTTP/1.1");
    CHECK(asked.field("connection").empty());
}

TEST_CASE("a grpc check asks the health service", "[scenarios][h2]") {
    std::atomic<int> health = 1;
    FakeBackend backend{serve_h2([&](const H2Request&) {
        std::string message("\0\0\0\0\2\x08", 6);
        return H2Reply{.head = "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\n\r\n",
                       .body = message + static_cast<char>(health.load()),
                       .trailers = "grpc-status: 0\r\n"};
    })};
    const Balancer balancer{
        {.backends = {backend.address()},
         .pool = std::string(kPoolH2) +
                 "check = { grpc = \"my.Service\", every = \"1s\", timeout = \"1s\", fall = 1, "
                 "rise = 1, every_down = \"50ms\" }\n"}};
    CHECK(balancer.status("/pools/0/backends/0/state") == "up");
    health = 2;
    CHECK(balancer.wait_for_log("is down: 1 x NOT_SERVING"));
    const Message asked = backend.requests().at(0);
    CHECK(asked.start_line() == "POST /grpc.health.v1.Health/Check HTTP/1.1");
    CHECK(asked.field("content-type") == "application/grpc");
    CHECK(asked.body == std::string("\0\0\0\0\x0C\x0A\x0Amy.Service", 17));
}

TEST_CASE("both sides may talk at once, as gRPC's streams do", "[scenarios][h2]") {
    // Answers the head at once, and every piece with itself.
    FakeBackend backend{echo_h2()};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = kPoolH2, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    H2Answer& answer = client.ask("POST", "/", {}, false);
    CHECK(client.wait_for([&] { return answer.status() == 200; }));
    for (int count = 1; count <= 20; ++count) {
        client.send_data(answer, "ab", false);
        CHECK(client.wait_for([&] { return answer.body.size() == 2U * count; }));
    }
    client.send_data(answer, "c", true);
    CHECK(client.wait(answer));
    CHECK(answer.body.size() == 41);
    CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "none");
}

TEST_CASE("clients that leave slow responses leave the connection to others", "[scenarios][h2]") {
    FakeBackend backend{serve_h2([](const H2Request& request) {
        return reply(std::string(request.target() == "/large" ? 2'000'000 : 100'000, 'x'));
    })};
    const Balancer balancer{{.backends = {backend.address()},
                             .pool = std::string(kPoolH2) + "buffer = { response = \"4KiB\" }\n"
                                                            "timeouts = { idle = \"2s\" }\n",
                             .listener = kBothVersions}};
    for (std::size_t count = 0; count < 20; ++count) {
        INFO(count);
        const http::H2Settings settings;
        H2Client client{balancer.port(), settings};
        client.consumes = false;
        const H2Answer& slow = client.ask("GET", "/large");
        CHECK(client.wait_for([&] { return slow.body.size() == settings.window; }));
        // Its frames take turns with those of the slow one, which are held in front of the client:
        // of all twenty more than the connection's window has room for.
        CHECK(client.get("/").body.size() == 100'000);
    }
    CHECK(get(balancer.port(), "/").body.size() == 100'000);
    CHECK(backend.connections() == 1);
}

TEST_CASE("a slow client holds its own stream and no other", "[scenarios][h2]") {
    FakeBackend backend{serve_h2([](const H2Request& request) {
        return reply(request.target() == "/large" ? std::string(4'000'000, 'x') : "small");
    })};
    const Balancer balancer{{.backends = {backend.address()}, .pool = kPoolH2}};
    Client slow = Client::with_small_buffer(balancer.port());
    slow.send("GET /large HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(eventually([&] { return backend.request_count() == 1; }));
    CHECK(get(balancer.port(), "/").body == "small");
    CHECK(slow.read_response().body.size() == 4'000'000);
}

}  // namespace fairlead::scenarios
