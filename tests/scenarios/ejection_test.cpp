// Real traffic takes a backend out that its checks like, or that nobody checks.
#include <atomic>
#include <string>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

/// Passes checks, fails everything else while `is_bad`.
FakeBackend::Script failing_while(const std::atomic<bool>& is_bad) {
    return serve([&is_bad](const Message& request) -> std::string {
        if (request.target() == "/healthz" || !is_bad) return ok("fine");
        return "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
    });
}

/// Asks until the backend has this state. @return whether it got there
bool ask_until(const Balancer& balancer, const std::string& pointer, std::string_view state,
               std::string_view target = "/") {
    return eventually([&] {
        get(balancer.port(), target);
        return balancer.status(pointer + "/state") == state;
    });
}

constexpr const char* kBad = "/pools/0/backends/0";
constexpr const char* kGood = "/pools/0/backends/1";
constexpr const char* kQuick =
    "policy = \"round_robin\"\npassive = { over = \"100ms\", out = \"300ms\" }\n"
    "slow_start = { over = \"300ms\" }\n";

}  // namespace

TEST_CASE("a backend that fails requests is ejected though its checks pass, and comes back",
          "[scenarios][ejection]") {
    std::atomic<bool> is_bad = true;
    FakeBackend bad{failing_while(is_bad)};
    PlainBackend good{"good"};
    const Balancer balancer{
        {.backends = {bad.address(), good.address()},
         .pool = std::string(kQuick) +
                 "check = { http = \"GET /healthz\", every = \"100ms\", timeout = \"100ms\" }"}};
    REQUIRE(ask_until(balancer, kBad, "ejected"));
    CHECK(balancer.wait_for_log("is ejected: "));
    CHECK(balancer.status(kGood + std::string("/state")) == "up");
    CHECK(balancer.metric("fairlead_ejections_total{pool=\"app\",backend=\"" + bad.address() +
                          "\"}") >= 1);
    is_bad = false;
    CHECK(ask_until(balancer, kBad, "up"));
    CHECK(balancer.wait_for_log("is rising: its time out is over, slow start over 0.3s"));
}

TEST_CASE(
    "without checks a backend that refuses connections is ejected, and clients notice nothing",
    "[scenarios][ejection]") {
    const RefusingAddress refusing;
    PlainBackend good{"good"};
    const Balancer balancer{{.backends = {refusing.address(), good.address()}, .pool = kQuick}};
    int lost = 0;
    REQUIRE(eventually([&] {
        lost += get(balancer.port(), "/").status() != 200;
        return balancer.status(kBad + std::string("/state")) == "ejected";
    }));
    CHECK(lost == 0);
    CHECK(balancer.status(kBad + std::string("/reason")).find("the last with no connection at ") !=
          std::string::npos);
    CHECK(balancer.status(kGood + std::string("/state")) == "unknown");
}

TEST_CASE("a request that breaks every backend ejects none", "[scenarios][ejection]") {
    const auto poisoned = [&](Peer& peer) {
        while (true) {
            const Message request = peer.read_request();
            if (request.head.empty()) return;
            if (request.target() == "/poison") return;  // closes without a word
            peer.send(ok("fine"));
        }
    };
    FakeBackend a{poisoned};
    FakeBackend b{poisoned};
    FakeBackend c{poisoned};
    const Balancer balancer{{.backends = {a.address(), b.address(), c.address()},
                             .pool = std::string(kQuick) + "retry = { budget = \"none\" }"}};
    for (int i = 0; i < 200; ++i) CHECK(get(balancer.port(), "/poison").status() == 502);
    CHECK(get(balancer.port(), "/").body == "fine");
    CHECK(balancer.log().find("ejected") == std::string::npos);
}

TEST_CASE("clients that give up show a backend that swallows requests", "[scenarios][ejection]") {
    FakeBackend hole{hold};
    PlainBackend good{"good"};
    const Balancer balancer{{.backends = {hole.address(), good.address()}, .pool = kQuick}};
    CHECK(eventually([&] {
        const auto asked = [&] { return hole.connections() + good.request_count(); };
        const std::size_t before = asked();
        Client impatient{balancer.port()};
        impatient.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
        CHECK(eventually([&] { return asked() > before; }));
        impatient.reset();
        return balancer.status(kBad + std::string("/state")) == "ejected";
    }));
    CHECK(balancer.wait_for_log("the last with a client that left unanswered"));
}

TEST_CASE("connections of layer 4 that cannot be made take a backend out",
          "[scenarios][ejection]") {
    const RefusingAddress refusing;
    PlainBackend good{"good"};
    const Balancer balancer{{.backends = {refusing.address(), good.address()},
                             .pool = kQuick,
                             .listener = "mode = \"tcp\""}};
    CHECK(ask_until(balancer, kBad, "ejected"));
}

TEST_CASE("`passive = \"off\"` ejects nobody", "[scenarios][ejection]") {
    const RefusingAddress refusing;
    PlainBackend good{"good"};
    const Balancer balancer{{.backends = {refusing.address(), good.address()},
                             .pool = "policy = \"round_robin\"\npassive = \"off\""}};
    for (int i = 0; i < 500; ++i) CHECK(get(balancer.port(), "/").status() == 200);
    CHECK(balancer.metric("fairlead_retries_total{pool=\"app\",reason=\"connect\"}") >= 249);
    CHECK(balancer.status(kBad + std::string("/state")) == "unknown");
}

}  // namespace fairlead::scenarios
