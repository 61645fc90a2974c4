// One line for each exchange, with what a person on duty asks for.
#include <signal.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("an access log line has every field", "[scenarios][log]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.post("/path?token=secret&x=1", "12345", "User-Agent: test/1\r\n");
    const JsonText line = balancer.wait_for_access_log(1)[0];
    INFO(line.text());
    CHECK(line.at("/time").size() == 24);
    CHECK(line.at("/id").size() == 32);
    CHECK(line.at("/listener") == "web");
    CHECK(line.at("/client") == "127.0.0.1");
    CHECK(line.at("/peer") == "127.0.0.1:" + std::to_string(client.own_port()));
    CHECK(line.at("/method") == "POST");
    CHECK(line.at("/host") == "test");
    CHECK(line.at("/path").starts_with("/path?token="));
    CHECK(line.at("/path").find("secret") == std::string::npos);
    CHECK(line.at("/path").ends_with("&x=1"));
    CHECK(line.at("/proto") == "HTTP/1.1");
    CHECK(line.at("/status") == "200");
    CHECK(line.at("/failure") == "none");
    CHECK(line.at("/route") != "(none)");
    CHECK(line.at("/pool") == "app");
    CHECK(line.at("/backend") == backend.address());
    CHECK(line.at("/attempts/0/backend") == backend.address());
    CHECK(line.at("/attempts/0/reason") == "none");
    CHECK(line.at("/attempts/1") == "(none)");
    CHECK(std::stoul(line.at("/bytes_in")) > 5);
    CHECK(std::stoul(line.at("/bytes_out")) > 4);
    CHECK(std::stod(line.at("/ms/total")) > 0);
    CHECK(std::stod(line.at("/ms/connect")) > 0);
    CHECK(std::stod(line.at("/ms/first_byte")) > 0);
    CHECK(line.at("/ms/queue") == "null");
    CHECK(line.at("/tls") == "");
    CHECK(line.at("/user_agent") == "test/1");
}

TEST_CASE("nothing a client sends breaks a line", "[scenarios][log]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.get("/\"quoted\"", "User-Agent: \"x\\y\"\t\xff\xfe{}\r\n");
    client.send("BAD\x01\x02\"\r\n\r\n");
    CHECK(client.read_response().status() == 400);
    const auto lines = balancer.wait_for_access_log(2);
    CHECK(lines.size() == 2);
    CHECK(lines[0].at("/path") == "/\"quoted\"");
    CHECK(lines[0].at("/user_agent").starts_with("\"x\\y\"\t"));
    CHECK(lines[1].at("/status") == "400");
    CHECK(lines[1].at("/failure") == "client_bad_request");
    CHECK(lines[1].at("/attempts") == "[]");
}

TEST_CASE("a client that left is logged with 499", "[scenarios][log]") {
    Gate gate;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_request();
        peer.read_to_end();
        gate.open();
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    SECTION("while it waited for the response: the backend is told") {
        Client client{balancer.port()};
        client.send("GET /left HTTP/1.1\r\nHost: t\r\n\r\n");
        REQUIRE(backend.wait_for_requests(1));
        client.reset();
        CHECK(gate.wait());
        const JsonText line = balancer.wait_for_access_log(1)[0];
        CHECK(line.at("/status") == "499");
        CHECK(line.at("/failure") == "client_closed");
        CHECK(line.at("/path") == "/left");
        CHECK(line.at("/attempts/0/reason") == "client_closed");
    }
    SECTION("in the middle of its body") {
        Client client{balancer.port()};
        client.send("POST /left HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhalf");
        client.close();
        const JsonText line = balancer.wait_for_access_log(1)[0];
        CHECK(line.at("/status") == "499");
        CHECK(line.at("/failure") == "client_closed");
    }
}

TEST_CASE("a client that only closed its sending half gets its answer", "[scenarios][log]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    client.close_writing();
    CHECK(client.read_response().body == "body");
    CHECK(client.wait_for_ending() == Ending::Closed);
    CHECK(balancer.wait_for_access_log(1)[0].at("/failure") == "none");
}

TEST_CASE("a client that leaves in the middle of a response is logged", "[scenarios][log]") {
    Gate told;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
        while (peer.send(std::string(65536, 'x'))) {
        }
        told.open();
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(client.read_head().starts_with("HTTP/1.1 200"));
    client.reset();
    CHECK(told.wait());
    const JsonText line = balancer.wait_for_access_log(1)[0];
    CHECK(line.at("/failure") == "client_closed");
    CHECK(line.at("/attempts/0/backend") == backend.address());
}

TEST_CASE("the common format and a file, reopened on USR1", "[scenarios][log]") {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/access.log";
    const auto content = [](const std::string& of) {
        std::ifstream file(of);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    PlainBackend backend{"body"};
    const Balancer balancer{
        {.backends = {backend.address()},
         .more = "[log]\naccess = { to = \"" + path + "\", format = \"common\" }"}};
    get(balancer.port(), "/one");
    REQUIRE(eventually([&] { return content(path).find('\n') != std::string::npos; }));
    CHECK(content(path).starts_with("127.0.0.1 - - ["));
    CHECK(content(path).find("\"GET /one HTTP/1.1\" 200 ") != std::string::npos);
    REQUIRE(std::rename(path.c_str(), (path + ".1").c_str()) == 0);
    balancer.signal(SIGUSR1);
    REQUIRE(balancer.wait_for_log("logs reopened"));
    get(balancer.port(), "/two");
    CHECK(eventually([&] { return content(path).find("/two") != std::string::npos; }));
}

}  // namespace fairlead::scenarios
