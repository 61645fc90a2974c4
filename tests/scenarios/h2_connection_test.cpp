// An HTTP/2 connection as a whole: its end, its idleness, its abuse.
#include <csignal>

#include "tests/scenarios/support/h2_client.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

std::string with(const std::string& more) { return kBothVersions + more + "\n"; }

}  // namespace

TEST_CASE("a stop says goodbye and answers what has come", "[scenarios][h2]") {
    Gate gate;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_request();
        gate.wait();
        peer.send(ok("last"));
    }};
    Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    H2Answer& answer = client.ask("GET", "/");
    REQUIRE(client.wait_for([&] { return backend.request_count() == 1; }));
    balancer.signal(SIGTERM);
    CHECK(client.wait_for([&] { return client.goaways() == 2; }));
    CHECK(client.goaway_error() == http::H2Error::NoError);
    gate.open();
    CHECK(client.wait(answer));
    CHECK(answer.body == "last");
    CHECK(client.wait_for([&] { return client.has_ended(); }));
    CHECK(balancer.wait_for_exit() == 0);
}

TEST_CASE("a listener that leaves says goodbye to its HTTP/2 clients", "[scenarios][h2]") {
    PlainBackend backend{"hello"};
    const std::string pool = "[pool.app]\nbackends = [\"" + backend.address() + "\"]\n";
    const std::string head = "[process]\nworkers = 1\n[admin]\nbind = \"127.0.0.1:0\"\n";
    const std::string stays = "[listener.web]\nbind = \"127.0.0.1:0\"\npool = \"app\"\n";
    const std::string goes =
        "[listener.h2]\nbind = \"127.0.0.1:0\"\npool = \"app\"\nhttp = \"h2\"\n";
    Balancer balancer{{.whole = head + stays + goes + pool}};
    H2Client client{balancer.port("h2")};
    CHECK(client.get("/").body == "hello");
    balancer.change_config(head + stays + pool);
    CHECK(balancer.reload());
    CHECK(client.wait_for([&] { return client.has_ended(); }));
    CHECK(client.goaways() >= 1);  // a client on which nothing runs looks at the first only
    CHECK(client.goaway_error() == http::H2Error::NoError);
}

TEST_CASE("a connection ends after as many requests as it may carry", "[scenarios][h2]") {
    PlainBackend backend{"hello"};
    const Balancer balancer{{.backends = {backend.address()},
                             .listener = with("limits = { requests_per_connection = 2 }")}};
    H2Client client{balancer.port()};
    CHECK(client.get("/").body == "hello");
    CHECK(client.goaways() == 0);
    CHECK(client.get("/").body == "hello");
    CHECK(client.wait_for([&] { return client.has_ended(); }));
    CHECK(client.goaways() >= 1);  // a client on which nothing runs looks at the first only
    CHECK(client.goaway_error() == http::H2Error::NoError);
}

TEST_CASE("an idle connection is told before it is closed", "[scenarios][h2]") {
    PlainBackend backend{"hello"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = with("timeouts = { keepalive = \"1s\" }")}};
    H2Client client{balancer.port()};
    CHECK(client.get("/").body == "hello");
    CHECK(client.wait_for([&] { return client.has_ended(); }));
    CHECK(client.goaways() == 1);
    CHECK(client.goaway_error() == http::H2Error::NoError);
}

TEST_CASE("a client that never comes to its settings is closed", "[scenarios][h2]") {
    PlainBackend backend{"hello"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = with("timeouts = { header = \"1s\" }")}};
    Client client{balancer.port()};
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    client.read_to_end();
    CHECK(client.ending() == Ending::Closed);
}

TEST_CASE("a header block that does not come to its end ends the connection", "[scenarios][h2]") {
    PlainBackend backend{"hello"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = with("timeouts = { header = \"1s\" }")}};
    H2Client client{balancer.port()};
    CHECK(client.get("/").body == "hello");
    client.send_raw(std::string("\0\0\1\x1\0\0\0\0\x3\x82", 10));
    CHECK(client.wait_for([&] { return client.has_ended(); }));
    CHECK(client.goaway_error() == http::H2Error::EnhanceYourCalm);
    CHECK(balancer.wait_for_access_log(2).at(1).at("/failure") == "client_timeout");
}

TEST_CASE("resets beyond their bound end the connection, by name", "[scenarios][h2]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        hold(peer);
    }};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = with("h2 = { resets = \"3/1m\" }")}};
    H2Client client{balancer.port()};
    for (std::size_t count = 1; count <= 4; ++count) {
        H2Answer& answer = client.ask("GET", "/");
        REQUIRE(client.wait_for([&] { return backend.request_count() == count; }));
        client.session().reset(*answer.stream, http::H2Error::Cancel);
        client.wait_for([&] { return answer.is_closed; });
    }
    CHECK(client.wait_for([&] { return client.has_ended(); }));
    CHECK(client.goaway_error() == http::H2Error::EnhanceYourCalm);
    CHECK(eventually([&] {
        for (const JsonText& line : balancer.access_log()) {
            if (line.at("/failure") == "h2_resets") return true;
        }
        return false;
    }));
}

TEST_CASE("a broken rule of HTTP/2 ends the connection, by name", "[scenarios][h2]") {
    PlainBackend backend{"hello"};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    CHECK(client.get("/").body == "hello");
    client.send_raw(std::string("\0\0\1\x6\0\0\0\0\0x", 10));  // PING of one byte
    CHECK(client.wait_for([&] { return client.has_ended(); }));
    CHECK(client.goaway_error() == http::H2Error::FrameSizeError);
    const JsonText line = balancer.wait_for_access_log(2).at(1);
    CHECK(line.at("/failure") == "h2_protocol");
    CHECK(line.at("/proto") == "HTTP/2.0");
}

TEST_CASE("a malformed request is answered, reset, and reaches no backend", "[scenarios][h2]") {
    PlainBackend backend{"hello"};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    H2Client client{balancer.port()};
    H2Answer& answer = client.ask("GET", "/", "X: a\x01z\r\n");
    CHECK(client.wait_for([&] { return answer.is_closed; }));
    CHECK(answer.status() == 400);
    CHECK(client.get("/").body == "hello");
    CHECK(backend.request_count() == 1);
    CHECK(balancer.wait_for_access_log(2).at(0).at("/failure") == "client_bad_request");
}

TEST_CASE("a window that stays shut ends with its name", "[scenarios][h2]") {
    FakeBackend backend{serve(ok(std::string(3'000'000, 'x')))};
    const Balancer balancer{{.backends = {backend.address()},
                             .listener = with("timeouts = { write_idle = \"300ms\" }")}};
    H2Client client{balancer.port()};
    client.consumes = false;
    H2Answer& answer = client.ask("GET", "/");
    CHECK(!client.wait(answer));
    CHECK(client.wait_for([&] { return client.has_ended(); }));
    CHECK(client.goaways() >= 1);
    CHECK(balancer.wait_for_access_log(1).at(0).at("/failure") == "h2_window_stall");
}

TEST_CASE("a WebSocket runs over a stream", "[scenarios][h2]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        peer.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nhello");
        for (std::string bytes = peer.read_some(); !bytes.empty(); bytes = peer.read_some()) {
            peer.send(bytes);
        }
        peer.send("goodbye");
    }};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    // Our client's writer knows no :protocol, so this head is spelled out: HPACK literals.
    Client client{balancer.port()};
    const auto literal = [](std::string_view name, std::string_view value) {
        std::string out(1, '\0');
        out += static_cast<char>(name.size());
        out += name;
        out += static_cast<char>(value.size());
        return out += value;
    };
    const std::string block = literal(":method", "CONNECT") + literal(":protocol", "websocket") +
                              literal(":scheme", "http") + literal(":path", "/chat") +
                              literal(":authority", "test") +
                              literal("sec-websocket-version", "13");
    const auto frame = [](int type, int flags, std::string_view payload) {
        std::string out(9, '\0');
        out[2] = static_cast<char>(payload.size());
        out[3] = static_cast<char>(type);
        out[4] = static_cast<char>(flags);
        out[8] = static_cast<char>(type == 4 ? 0 : 1);
        return out += payload;
    };
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, "") + frame(4, 1, "") +
                frame(1, 4, block) + frame(0, 0, "early"));
    std::string heard;
    const auto hears = [&](std::string_view text) {
        while (heard.find(text) == std::string::npos) {
            const std::string more = client.read_some();
            if (more.empty()) return false;
            heard += more;
        }
        return true;
    };
    CHECK(hears("hello"));
    CHECK(hears("early"));
    client.send(frame(0, 0, "again"));
    CHECK(hears("again"));
    client.send(frame(0, 1, ""));
    CHECK(hears("goodbye"));
    const Message request = backend.requests().at(0);
    CHECK(request.start_line() == "GET /chat HTTP/1.1");
    CHECK(request.field("Upgrade") == "websocket");
    CHECK(request.field("Sec-WebSocket-Version") == "13");
    CHECK(request.field("Sec-WebSocket-Key").size() == 24);
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/status") == "101");
    CHECK(line.at("/failure") == "none");
}

}  // namespace fairlead::scenarios
