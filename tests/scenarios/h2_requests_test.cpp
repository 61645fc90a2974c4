// HTTP/2 from clients meets what HTTP/1.1 meets: the same routes, retries, limits and log lines.
#include "tests/scenarios/support/h2_client.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
TEST_CASE("a request of HTTP/2 reaches a backend of HTTP/1.1 and is answered", "[scenarios][h2]") {
    PlainBackend backend{"hello"};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    const H2Answer& answer = client.get("/x?y", "Accept: */*\r\nCookie: a=1\r\n");
    CHECK(answer.status() == 200);
    CHECK(answer.body == "hello");
    CHECK(answer.field("via") == "1.1 fairlead");
    CHECK(answer.field("connection").empty());
    const Message request = backend.requests().at(0);
    CHECK(request.start_line() == "GET /x?y HTTP/1.1");
    CHECK(request.field("Host") == "test");
    CHECK(request.field("Cookie") == "a=1");
    CHECK(request.field("X-Forwarded-For") == "127.0.0.1");
    CHECK(request.field("X-Forwarded-Host") == "test");
    CHECK(request.field("Content-Length").empty());
    CHECK(request.field("Transfer-Encoding").empty());
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/proto") == "HTTP/2.0");
    CHECK(line.at("/status") == "200");
    CHECK(line.at("/path") == "/x?y");
    CHECK(line.at("/host") == "test");
    CHECK(line.at("/failure") == "none");
}

TEST_CASE("a client of HTTP/1.1 is served on the same port", "[scenarios][h2]") {
    PlainBackend backend{"hello"};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    CHECK(get(balancer.port(), "/").body == "hello");
    Client slow{balancer.port()};
    for (const char c : std::string_view("PRI")) slow.send(std::string(1, c));
    slow.send("NT / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(slow.read_response().status() == 501);
}

TEST_CASE("many requests of one connection run side by side", "[scenarios][h2]") {
    Gate gate;
    FakeBackend backend{[&](Peer& peer) {
        const Message request = peer.read_request();
        if (request.target() == "/slow") gate.wait();
        peer.send(ok(request.target()));
    }};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    H2Answer& slow = client.ask("GET", "/slow");
    CHECK(client.get("/fast").body == "/fast");
    CHECK(!slow.is_closed);
    gate.open();
    CHECK(client.wait(slow));
    CHECK(slow.body == "/slow");
}

TEST_CASE("bodies pass both ways, with a length and without", "[scenarios][h2]") {
    FakeBackend backend{serve([](const Message& request) { return ok(request.body); })};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}}) {
        const std::string body(size, 'b');
        H2Answer& sized =
            client.ask("POST", "/", "Content-Length: " + std::to_string(size) + "\r\n", false);
        client.send_data(sized, body, true);
        CHECK(client.wait(sized));
        CHECK(sized.body == body);
        CHECK(backend.requests().back().field("Content-Length") == std::to_string(size));
        H2Answer& open = client.ask("POST", "/", {}, false);
        client.send_data(open, body, true);
        CHECK(client.wait(open));
        CHECK(open.body == body);
        CHECK(backend.requests().back().field("Transfer-Encoding") == "chunked");
    }
}

TEST_CASE("bodies beyond every window and buffer pass whole", "[scenarios][h2]") {
    FakeBackend backend{serve([](const Message& request) { return ok(request.body); })};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    std::string body(5'000'000, 'b');
    for (std::size_t at = 0; at < body.size(); at += 1000) body[at] = static_cast<char>(at / 1000);
    H2Answer& answer = client.ask("POST", "/", {}, false);
    client.send_data(answer, body, true);
    CHECK(client.wait(answer));
    CHECK(answer.body == body);
}

TEST_CASE("trailers pass both ways", "[scenarios][h2]") {
    FakeBackend backend{serve([](const Message&) {
        return std::string(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Grpc-Status\r\n\r\n"
            "2\r\nab\r\n0\r\nGrpc-Status: 0\r\n\r\n");
    })};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    H2Answer& answer = client.ask("POST", "/", "TE: trailers\r\n", false);
    client.send_data(answer, "cd", true, "X-Sum: 7\r\n");
    CHECK(client.wait(answer));
    CHECK(answer.body == "ab");
    CHECK(answer.trailers == "grpc-status: 0\r\n");
    CHECK(backend.requests().at(0).trailers == "x-sum: 7\r\n");
    CHECK(backend.requests().at(0).field("TE") == "trailers");
}

TEST_CASE("interim responses pass, and 100 is asked for", "[scenarios][h2]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 100 Continue\r\n\r\n");
        peer.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
        peer.read_some();
        peer.send(ok("done"));
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    H2Answer& answer = client.ask("POST", "/", "Expect: 100-continue\r\n", false);
    CHECK(client.wait_for([&] { return answer.heads.size() == 2; }));
    CHECK(answer.heads.at(0).starts_with("HTTP/1.1 100 "));
    CHECK(answer.heads.at(1).starts_with("HTTP/1.1 103 "));
    client.send_data(answer, "body", true);
    CHECK(client.wait(answer));
    CHECK(answer.body == "done");
}

TEST_CASE("answers without a body end with their head", "[scenarios][h2]") {
    FakeBackend backend{serve([](const Message& request) {
        if (request.method() == "HEAD")
            return std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        return std::string("HTTP/1.1 204 No Content\r\n\r\n");
    })};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    H2Answer& head = client.ask("HEAD", "/");
    CHECK(client.wait(head));
    CHECK(head.field("content-length") == "5");
    CHECK(client.get("/").status() == 204);
}

TEST_CASE("a backend that refuses is passed over for HTTP/2 too", "[scenarios][h2]") {
    const RefusingAddress refusing;
    PlainBackend backend{"hello"};
    const Balancer balancer{{.backends = {refusing.address(), backend.address()},
                             .pool = "policy = \"first\"\n",
                             .listener = kBothVersions}};
    H2Client client{balancer.port()};
    CHECK(client.get("/").body == "hello");
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/attempts/0/reason") == "connect_refused");
    CHECK(line.at("/attempts/1/reason") == "none");
}

TEST_CASE("a response that breaks off resets its stream and nothing else", "[scenarios][h2]") {
    FakeBackend backend{[](Peer& peer) {
        const Message request = peer.read_request();
        if (request.target() == "/whole") {
            peer.send(ok("whole"));
            return;
        }
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
    }};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    H2Answer& broken = client.ask("GET", "/");
    CHECK(!client.wait(broken));
    CHECK(broken.end.error == http::H2Error::InternalError);
    CHECK(client.get("/whole").body == "whole");
    CHECK(balancer.wait_for_access_log(2).at(0).at("/failure") == "backend_closed");
}

TEST_CASE("a client that resets a stream is logged as gone, and its backend is let go",
          "[scenarios][h2]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    H2Answer& answer = client.ask("GET", "/");
    CHECK(client.wait_for([&] { return backend.request_count() == 1; }));
    client.session().reset(*answer.stream, http::H2Error::Cancel);
    CHECK(client.wait_for([&] { return answer.is_closed; }));
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/failure") == "client_closed");
    CHECK(line.at("/status") == "499");
    CHECK(eventually([&] { return balancer.status("/pools/0/backends/0/in_flight") == "0"; }));
}

TEST_CASE("answers of our own come over HTTP/2", "[scenarios][h2]") {
    PlainBackend backend{"hello"};
    const Balancer balancer{
        {.backends = {backend.address()},
         .listener = std::string(kBothVersions) + "limits = { body = \"10B\", url = \"64B\" }\n",
         .more = "[[route]]\npath = \"/gone\"\nstatus = 410\nbody = \"gone\"\n"
                 "[[route]]\npath = \"/old\"\nredirect = \"https://{host}{uri}\"\n"}};
    H2Client client{balancer.port()};
    CHECK(client.get("/gone").body == "gone");
    CHECK(client.get("/old").field("location") == "https://test/old");
    CHECK(client.get("/" + std::string(100, 'a')).status() == 414);
    H2Answer& large = client.ask("POST", "/", {}, false);
    client.send_data(large, "more than ten bytes", false);
    CHECK(client.wait(large));
    CHECK(large.status() == 413);
    CHECK(large.field("x-fairlead-failure") == "body_too_large");
    CHECK(client.get("/").body == "hello");
}

TEST_CASE("more streams than are taken at a time are refused unprocessed", "[scenarios][h2]") {
    Gate gate;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_request();
        gate.wait();
        peer.send(ok("done"));
    }};
    const Balancer balancer{{.backends = {backend.address()},
                             .listener = std::string(kBothVersions) + "h2 = { streams = 2 }\n"}};
    H2Client client{balancer.port()};
    H2Answer& first = client.ask("GET", "/1");
    H2Answer& second = client.ask("GET", "/2");
    H2Answer& third = client.ask("GET", "/3");  // before the settings have come
    CHECK(client.wait_for([&] { return third.is_closed; }));
    CHECK(third.end.is_unprocessed);
    gate.open();
    CHECK(client.wait(first));
    CHECK(client.wait(second));
}

}  // namespace fairlead::scenarios
