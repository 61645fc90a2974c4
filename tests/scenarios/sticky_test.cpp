// `sticky`: a cookie brings a client back to its backend, for as long as that is there.
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "tests/scenarios/support/h2_client.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kSticky = "sticky = \"lb\"\npolicy = \"round_robin\"\npassive = \"off\"\n";

/// "lb=VALUE" of an answer; empty when it gives none.
std::string given_cookie(const Message& answer) {
    const std::string field = answer.field("Set-Cookie");
    return field.substr(0, field.find(';'));
}
std::string cookie_line(const std::string& cookie) { return "Cookie: " + cookie + "\r\n"; }

/// A client that has been to the backend of this name.
std::string cookie_of(const Balancer& balancer, const std::string& backend) {
    for (int tries = 0; tries < 10; ++tries) {
        const Message answer = get(balancer.port(), "/");
        if (answer.body == backend) return given_cookie(answer);
    }
    return {};
}

struct StickyPair {
    explicit StickyPair(const std::string& more = {}, const std::string& process = {})
        : setup{.backends = {"{ address = \"" + a.address() + "\", name = \"a\" }",
                             "{ address = \"" + b.address() + "\", name = \"b\" }"},
                .pool = kSticky + more,
                .process = process} {}

    static void say(const Balancer& balancer, const std::string& backend,
                    const std::string& state) {
        REQUIRE(balancer
                    .steer("PATCH", "/api/v1/pools/app/backends/" + backend,
                           "{\"state\":\"" + state + "\"}")
                    .status() == 200);
    }

    PlainBackend a{"a"};
    PlainBackend b{"b"};
    Setup setup;
};

}  // namespace

TEST_CASE("a client with its cookie comes back to its backend", "[scenarios][sticky]") {
    const StickyPair it;
    const Balancer balancer{it.setup};
    const Message first = get(balancer.port(), "/", "Cookie: x=1\r\n");
    const std::string cookie = given_cookie(first);
    CHECK(first.field("Set-Cookie") == cookie + "; Path=/; HttpOnly; SameSite=Lax");
    CHECK(cookie.size() == 3 + 64);
    CHECK(first.field("Cache-Control") == "private");
    Client client{balancer.port()};
    for (int request = 0; request < 6; ++request) {
        const Message answer = client.get("/", cookie_line("x=1; " + cookie + "; y=2"));
        CHECK(answer.body == first.body);
        CHECK(!answer.has("Set-Cookie"));
        CHECK(!answer.has("Cache-Control"));
        CHECK(client.get("/", cookie_line(cookie)).body == first.body);
    }
    const FakeBackend& home = first.body == "a" ? it.a : it.b;
    CHECK(home.requests().at(0).field("Cookie") == "x=1");
    CHECK(home.requests().at(1).field("Cookie") == "x=1; y=2");
    CHECK(!home.requests().at(2).has("Cookie"));
    CHECK(given_cookie(get(balancer.port(), "/")) != cookie);
}

TEST_CASE("a cookie that nobody was given counts as none", "[scenarios][sticky]") {
    const StickyPair it;
    const Balancer balancer{it.setup};
    const std::string good = cookie_of(balancer, "a");
    REQUIRE(!good.empty());
    std::string forged = good;
    forged.back() = forged.back() == '0' ? '1' : '0';
    for (const std::string& bad : {forged, std::string("lb="), "lb=" + std::string(8000, 'a'),
                                   std::string("lb=\xff\x01%00\"; lb"), good + "0"}) {
        const Message answer = get(balancer.port(), "/", cookie_line(bad));
        if (answer.status() == 400) continue;  // not even a field
        CHECK(answer.status() == 200);
        CHECK(given_cookie(answer).size() == 3 + 64);
    }
}

TEST_CASE("a place outlives a reload of its pool", "[scenarios][sticky]") {
    StickyPair it;
    PlainBackend c{"c"};
    Balancer balancer{it.setup};
    const std::string cookie = cookie_of(balancer, "b");
    it.setup.backends.insert(it.setup.backends.begin(), c.address());
    it.setup.pool += "timeouts = { connect = \"1s\" }\n";
    const std::uint16_t port = balancer.port();
    balancer.change_config(config(it.setup));
    REQUIRE(balancer.reload());
    for (int request = 0; request < 4; ++request) {
        const Message answer = get(port, "/", cookie_line(cookie));
        CHECK(answer.body == "b");
        CHECK(!answer.has("Set-Cookie"));
    }
}

TEST_CASE("a place outlives the process by the state file", "[scenarios][sticky]") {
    const TemporaryDirectory folder;
    const StickyPair it{"", "state_file = \"" + folder.path() + "/state.json\""};
    Balancer balancer{it.setup};
    const std::string cookie = cookie_of(balancer, "b");
    balancer.signal(SIGTERM);
    CHECK(balancer.wait_for_exit() == 0);
    const Balancer later = balancer.next();
    REQUIRE(later.wait_until_serving());
    for (int request = 0; request < 4; ++request) {
        const Message answer = get(later.port(), "/", cookie_line(cookie));
        CHECK(answer.body == "b");
        CHECK(!answer.has("Set-Cookie"));
    }
}

TEST_CASE("two balancers with one key file agree, and others do not", "[scenarios][sticky]") {
    const TemporaryDirectory folder;
    const std::string key = folder.path() + "/sticky.key";
    std::ofstream(key) << std::string(64, '7') << '\n';
    ::chmod(key.c_str(), 0600);
    StickyPair it;
    it.setup.pool =
        "sticky = { cookie = \"lb\", key_file = \"" + key + "\" }\npolicy = \"round_robin\"\n";
    const Balancer one{it.setup};
    const Balancer two{it.setup};
    const std::string cookie = cookie_of(one, "b");
    CHECK(cookie_of(two, "b") == cookie);
    for (int request = 0; request < 4; ++request) {
        const Message answer = get(two.port(), "/", cookie_line(cookie));
        CHECK(answer.body == "b");
        CHECK(!answer.has("Set-Cookie"));
    }
    const StickyPair alone;
    const Balancer other{alone.setup};
    CHECK(get(other.port(), "/", cookie_line(cookie)).has("Set-Cookie"));
}

TEST_CASE("a draining backend still serves those who have a place there", "[scenarios][sticky]") {
    const StickyPair it;
    const Balancer balancer{it.setup};
    const std::string cookie = cookie_of(balancer, "a");
    StickyPair::say(balancer, "a", "drain");
    REQUIRE(balancer.status("/pools/0/backends/0/state") == "draining");
    for (int request = 0; request < 4; ++request) {
        const Message answer = get(balancer.port(), "/", cookie_line(cookie));
        CHECK(answer.body == "a");
        CHECK(!answer.has("Set-Cookie"));
        CHECK(get(balancer.port(), "/").body == "b");
    }
}

TEST_CASE("a client whose backend is out gets another place, and keeps it", "[scenarios][sticky]") {
    const StickyPair it;
    const Balancer balancer{it.setup};
    const std::string cookie = cookie_of(balancer, "a");
    StickyPair::say(balancer, "a", "maintenance");
    const Message moved = get(balancer.port(), "/", cookie_line(cookie));
    CHECK(moved.body == "b");
    CHECK(given_cookie(moved) == cookie_of(balancer, "b"));
    StickyPair::say(balancer, "a", "ready");
    CHECK(get(balancer.port(), "/", cookie_line(given_cookie(moved))).body == "b");
}

TEST_CASE("a client whose backend is removed gets another place", "[scenarios][sticky]") {
    const StickyPair it;
    const Balancer balancer{it.setup};
    const std::string cookie = cookie_of(balancer, "a");
    REQUIRE(balancer.steer("DELETE", "/api/v1/pools/app/backends/a").status() < 300);
    const Message moved = get(balancer.port(), "/", cookie_line(cookie));
    CHECK(moved.body == "b");
    CHECK(!given_cookie(moved).empty());
}

TEST_CASE("with a full backend the client is served elsewhere and keeps its place",
          "[scenarios][sticky]") {
    Gate gate;
    FakeBackend a{serve([&gate](const Message& request) {
        if (request.target() == "/hold") gate.wait();
        return ok("a");
    })};
    PlainBackend b{"b"};
    const Balancer balancer{{.backends = {a.address(), b.address()},
                             .pool = std::string(kSticky) + "max_in_flight = 1\n"}};
    const std::string cookie = cookie_of(balancer, "a");
    const std::size_t before = a.request_count();
    Client holding{balancer.port()};
    holding.send("GET /hold HTTP/1.1\r\nHost: t\r\n" + cookie_line(cookie) + "\r\n");
    REQUIRE(a.wait_for_requests(before + 1));
    const Message spilled = get(balancer.port(), "/", cookie_line(cookie));
    CHECK(spilled.body == "b");
    CHECK(!spilled.has("Set-Cookie"));
    gate.open();
    CHECK(holding.read_response().body == "a");
    CHECK(get(balancer.port(), "/", cookie_line(cookie)).body == "a");
}

TEST_CASE("a retry goes elsewhere, and the place stays", "[scenarios][sticky]") {
    StickyPair it{"keepalive = \"off\"\n"};  // each request needs a connection of its own
    const Balancer balancer{it.setup};
    const std::string cookie = cookie_of(balancer, "a");
    it.a.stop_listening();
    const Message answer = get(balancer.port(), "/", cookie_line(cookie));
    CHECK(answer.body == "b");
    CHECK(answer.status() == 200);
    CHECK(!answer.has("Set-Cookie"));
}

TEST_CASE("a tunnel's answer gives the cookie too", "[scenarios][sticky]") {
    FakeBackend backend{[](Peer& peer) {
        const Message request = peer.read_request();
        if (!request.is_whole) return;
        peer.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "\r\n");
        peer.send(peer.read_exactly(4));
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}, .pool = kSticky}};
    const std::string request =
        "GET / HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
    Client client{balancer.port()};
    const Message answer = client.ask(request + "\r\n");
    CHECK(answer.status() == 101);
    const std::string cookie = given_cookie(answer);
    CHECK(cookie.size() == 3 + 64);
    client.send("ping");
    CHECK(client.read_exactly(4) == "ping");
    Client again{balancer.port()};
    const Message second = again.ask(request + cookie_line(cookie) + "\r\n");
    CHECK(second.status() == 101);
    CHECK(!second.has("Set-Cookie"));
    CHECK(!backend.requests().at(1).has("Cookie"));
}

TEST_CASE("the cookie in crumbs of HTTP/2 is found and kept back", "[scenarios][sticky]") {
    StickyPair it;
    it.setup.listener = kBothVersions;
    const Balancer balancer{it.setup};
    H2Client client{balancer.port()};
    const H2Answer& first = client.get("/");
    const std::string field = first.field("set-cookie");
    const std::string cookie = field.substr(0, field.find(';'));
    REQUIRE(cookie.size() == 3 + 64);
    for (int request = 0; request < 4; ++request) {
        const H2Answer& answer = client.get("/", "Cookie: x=1\r\nCookie: " + cookie + "\r\n");
        CHECK(answer.body == first.body);
        CHECK(answer.field("set-cookie").empty());
    }
    const FakeBackend& home = first.body == "a" ? it.a : it.b;
    CHECK(home.requests().at(1).field("Cookie") == "x=1");
}

TEST_CASE("behind a proxy that is trusted the cookie is secure when the client is",
          "[scenarios][sticky]") {
    StickyPair it;
    it.setup.listener = "trusted_proxies = \"127.0.0.1\"\n";
    const Balancer balancer{it.setup};
    const auto is_secure = [&](const std::string& fields) {
        return get(balancer.port(), "/", fields).field("Set-Cookie").find("; Secure") !=
               std::string::npos;
    };
    CHECK(is_secure("X-Forwarded-Proto: https\r\n"));
    CHECK(!is_secure("X-Forwarded-Proto: http\r\n"));
    CHECK(!is_secure(""));
    const StickyPair stranger;
    const Balancer open{stranger.setup};
    CHECK(
        get(open.port(), "/", "X-Forwarded-Proto: https\r\n").field("Set-Cookie").find("Secure") ==
        std::string::npos);
}

TEST_CASE("what a backend says of caches is kept, and said when it is missing",
          "[scenarios][sticky]") {
    FakeBackend backend{serve([](const Message& request) {
        return ok("x", "Cache-Control: " + request.field("X-Say") + "\r\n");
    })};
    const Balancer balancer{{.backends = {backend.address()}, .pool = kSticky}};
    const auto said = [&](const std::string& cache_control) {
        return get(balancer.port(), "/", "X-Say: " + cache_control + "\r\n")
            .fields("Cache-Control");
    };
    using Values = std::vector<std::string>;
    CHECK(said("public, max-age=9") == Values{"max-age=9, private"});
    CHECK(said("no-store") == Values{"no-store"});
    CHECK(said("private") == Values{"private"});
}

}  // namespace fairlead::scenarios
