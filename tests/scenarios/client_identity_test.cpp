// Who the client is: believed from trusted proxies only, made anew for everybody else.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kForged =
    "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n"
    "X-Forwarded-Port: 1\r\nX_Forwarded_For: 6.6.6.6\r\nX-Forwarded_For: 6.6.6.6\r\n"
    "x-FORWARDED-server: evil\r\nX-Forwarded-Client-Cert: evil\r\nForwarded: for=6.6.6.6\r\n"
    "X-Real-IP: 6.6.6.6\r\nX_Real_IP: 6.6.6.6\r\nProxy: http://evil\r\n"
    "X-Request-Id: forged\r\nX_Request_Id: forged\r\n";

}  // namespace

TEST_CASE("what an untrusted client says of itself is removed", "[scenarios][identity]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}}};
    CHECK(get(balancer.port(), "/", kForged).status() == 200);
    const Message request = backend.requests()[0];
    CHECK(request.fields("X-Forwarded-For") == std::vector<std::string>{"127.0.0.1"});
    CHECK(request.fields("X-Forwarded-Proto") == std::vector<std::string>{"http"});
    CHECK(request.fields("X-Forwarded-Host") == std::vector<std::string>{"test"});
    CHECK(request.fields("X-Forwarded-Port") ==
          std::vector<std::string>{std::to_string(balancer.port())});
    CHECK(request.field("X-Request-Id").size() == 32);
    CHECK(request.head.find("6.6.6.6") == std::string::npos);
    CHECK(request.head.find("evil") == std::string::npos);
    CHECK(request.head.find("forged") == std::string::npos);
    CHECK(balancer.wait_for_access_log(1)[0].at("/client") == "127.0.0.1");
    CHECK(balancer.access_log()[0].at("/id") == request.field("X-Request-Id"));
}

TEST_CASE("a trusted proxy is believed, and its peer added", "[scenarios][identity]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()},
                             .listener = "trusted_proxies = [\"127.0.0.0/8\", \"10.0.0.0/8\"]"}};
    get(balancer.port(), "/",
        "X-Forwarded-For: 6.6.6.6, 9.9.9.9\r\nX-Forwarded-For: 10.1.1.1\r\n"
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n"
        "X-Forwarded-Port: 443\r\nX-Request-Id: abc-123\r\nProxy: http://evil\r\n"
        "X-Forwarded-Client-Cert: known\r\n");
    const Message request = backend.requests()[0];
    CHECK(request.fields("X-Forwarded-For") ==
          std::vector<std::string>{"6.6.6.6, 9.9.9.9, 10.1.1.1, 127.0.0.1"});
    CHECK(request.field("X-Forwarded-Proto") == "https");
    CHECK(request.field("X-Forwarded-Host") == "shop.example");
    CHECK(request.field("X-Forwarded-Port") == "443");
    CHECK(request.field("X-Request-Id") == "abc-123");
    CHECK(request.field("X-Forwarded-Client-Cert") == "known");
    CHECK_FALSE(request.has("Proxy"));
    const JsonText line = balancer.wait_for_access_log(1)[0];
    // The rightmost hop that is not trusted.
    CHECK(line.at("/client") == "9.9.9.9");
    CHECK(line.at("/peer").starts_with("127.0.0.1:"));
    CHECK(line.at("/id") == "abc-123");
}

TEST_CASE("a request id that is not safe is made anew even for a trusted proxy",
          "[scenarios][identity]") {
    PlainBackend backend{"body"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "trusted_proxies = [\"127.0.0.1/32\"]"}};
    const std::string bad = GENERATE(std::string(129, 'a'), std::string("a b"), std::string("\"x"));
    get(balancer.port(), "/", "X-Request-Id: " + bad + "\r\n");
    CHECK(backend.requests()[0].field("X-Request-Id").size() == 32);
}

TEST_CASE("request ids differ", "[scenarios][identity]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.get("/");
    client.get("/");
    CHECK(backend.requests()[0].field("X-Request-Id") !=
          backend.requests()[1].field("X-Request-Id"));
}

TEST_CASE("a request that comes back to us is answered 508", "[scenarios][identity]") {
    // The backend is a second listener's address: the balancer itself, by way of a plain relay.
    Gate started;
    std::uint16_t own_port = 0;
    FakeBackend relay{[&](Peer& peer) {
        started.wait();
        const std::string request = peer.read_head();
        Client back{own_port};
        back.send(request);
        const Message answer = back.read_response();
        peer.send(answer.head + "\r\n" + answer.body);
    }};
    const Balancer balancer{{.backends = {relay.address()}}};
    own_port = balancer.port();
    started.open();
    const Message answer = get(balancer.port(), "/");
    CHECK(answer.status() == 508);
    CHECK(answer.field("X-Fairlead-Failure") == "loop_detected");
    CHECK(relay.connections() == 1);
}

}  // namespace fairlead::scenarios
