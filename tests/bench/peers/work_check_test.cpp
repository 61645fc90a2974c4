// A balancer that does less than the others must not win by it.
#include "bench/peers/work_check.h"

#include <fmt/format.h>

#include <future>

#include "tests/bench/test_origins.h"
#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

const SocketAddress kListen{*IpAddress::parse("127.0.0.1"), 8000, {}};

constexpr std::string_view kGoodHead =
    "GET / HTTP/1.1\r\nhost: bench.example\r\nx-forwarded-for: 127.0.0.1\r\n"
    "X-Forwarded-Proto: http\r\nX-Forwarded-Host: bench.example\r\nX-Forwarded-Port: 8000\r\n"
    "X-Request-Id: 1f\r\n";

std::string head_with(std::string_view from, std::string_view to) {
    std::string head = std::string(kGoodHead) + "\r\n";
    const std::size_t at = head.find(from);
    REQUIRE(at != std::string::npos);
    return head.replace(at, from.size(), to);
}

TEST_CASE("a head with all that equal work asks for is fine", "[bench][peers]") {
    CHECK(wrong_head(kGoodHead, kListen).empty());
    CHECK(wrong_head(head_with("\r\n\r\n", "\r\nConnection: keep-alive\r\n\r\n"), kListen).empty());
}

TEST_CASE("what a head lacks is told", "[bench][peers]") {
    CHECK(wrong_head(head_with("x-forwarded-for: 127.0.0.1\r\n", ""), kListen) ==
          "the origin sees no X-Forwarded-For");
    CHECK(wrong_head(head_with("Port: 8000", "Port: 80"), kListen) ==
          "the origin sees X-Forwarded-Port \"80\" instead of \"8000\"");
    CHECK(wrong_head(head_with("X-Request-Id: 1f\r\n", ""), kListen) ==
          "the origin sees no X-Request-Id");
    CHECK(wrong_head(head_with("\r\n\r\n", "\r\nConnection: close\r\n\r\n"), kListen) ==
          "its connection to the origin is not kept alive");
    CHECK(wrong_head(head_with("HTTP/1.1", "HTTP/1.0"), kListen) ==
          "its connection to the origin is not kept alive");
}

/// Takes one connection, and passes one request and its answer on as `relay` makes them.
template <class Relay>
std::future<void> balancer(Socket& listener, const SocketAddress& backend, Relay relay) {
    return std::async(std::launch::async, [&listener, backend, relay] {
        auto client = listener.accept(std::chrono::seconds(10));
        auto server = Socket::connect(backend, std::chrono::seconds(10));
        if (!client || !server) return;
        relay(*client, *server);
    });
}

struct Catching {
    std::vector<SocketAddress> addresses = *free_addresses(2);
    HeadCatcher catcher = std::move(*HeadCatcher::listen({addresses[1]}));
    Socket listener = std::move(*Socket::listen(addresses[0]));
};

TEST_CASE("a balancer that adds nothing is told by name", "[bench][peers]") {
    Catching test;
    const auto relayed =
        balancer(test.listener, test.addresses[1], [](Socket& client, Socket& server) {
            server.send(client.read_some(4096));
            client.send(server.read_some(4096));
        });
    const auto checked = test.catcher.check("nginx", test.addresses[0]);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().render() ==
          "error: nginx does not do the work it is compared at: the origin sees no "
          "X-Forwarded-For\n"
          "  see its configuration and its log in the folder that was kept\n");
}

TEST_CASE("the answer needs a Via", "[bench][peers]") {
    for (const bool has_via : {false, true}) {
        Catching test;
        const std::string port = std::to_string(test.addresses[0].port);
        const std::string head = head_with("8000", port);
        const auto relayed = balancer(
            test.listener, test.addresses[1], [head, has_via](Socket& client, Socket& server) {
                client.read_some(4096);
                server.send(head);
                server.read_some(4096);
                client.send(fmt::format("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n",
                                        has_via ? "via: 1.1 x\r\n" : ""));
            });
        const auto checked = test.catcher.check("nginx", test.addresses[0]);
        CHECK(checked.has_value() == has_via);
        if (!has_via) {
            REQUIRE_FALSE(checked);
            CHECK(checked.error().message ==
                  "nginx does not do the work it is compared at: its answer has no Via");
        }
    }
}

TEST_CASE("somebody who only looks whether the port answers is not taken for a request",
          "[bench][peers]") {
    Catching test;
    REQUIRE(Socket::connect(test.addresses[1], std::chrono::seconds(10)));
    const auto relayed =
        balancer(test.listener, test.addresses[1], [](Socket& client, Socket& server) {
            server.send(client.read_some(4096));
            client.send(server.read_some(4096));
        });
    const auto checked = test.catcher.check("nginx", test.addresses[0]);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message ==
          "nginx does not do the work it is compared at: the origin sees no X-Forwarded-For");
}

TEST_CASE("every scenario's answer comes back whole from the origin", "[bench][peers]") {
    TestOrigins origins;
    for (const Scenario& scenario : scenarios()) {
        INFO(scenario.name);
        Work work = scenario.work;
        work.is_tls = false;  // no balancer is in front of it
        const auto checked = check_answer("origin", origins.address(), work);
        INFO((checked ? std::string() : checked.error().render()));
        CHECK(checked);
    }
}

TEST_CASE("another answer than the origin's is an error", "[bench][peers]") {
    TestOrigins origins;
    Work work;
    work.response_bytes = 65;
    const auto shorter = check_answer("nginx", origins.address(), work);
    REQUIRE_FALSE(shorter);
    CHECK(shorter.error().message ==
          "nginx does not do the work it is compared at: 64 bytes come back instead of the 65 "
          "that the origin sent");
    work.path = "/?status=503";
    const auto refused = check_answer("nginx", origins.address(), work);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message ==
          "nginx does not do the work it is compared at: it answers 503");
}

TEST_CASE("a browser's request has about 700 bytes", "[bench][peers]") {
    const auto browser =
        std::find_if(scenarios().begin(), scenarios().end(),
                     [](const Scenario& scenario) { return scenario.name == "browser"; });
    REQUIRE(browser != scenarios().end());
    const std::size_t bytes = request_text(browser->work, kListen).size();
    CHECK(bytes > 650);
    CHECK(bytes < 850);
}

}  // namespace
}  // namespace fairlead::bench::peers
