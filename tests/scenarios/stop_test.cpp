// TERM: what runs finishes, new connections are refused, exit 0. A second one: at once.
#include <signal.h>

#include <atomic>
#include <memory>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

/// Answers "/hold" when the gate opens, anything else at once.
FakeBackend::Script held_until(Gate& gate) {
    return serve([&gate](const Message& request) {
        if (request.target() == "/hold") gate.wait();
        return ok("done");
    });
}

constexpr const char* kHold = "GET /hold HTTP/1.1\r\nHost: t\r\n\r\n";

}  // namespace

TEST_CASE("on TERM a running request finishes, then the process ends with 0", "[scenarios][stop]") {
    Gate gate;
    FakeBackend backend{held_until(gate)};
    Balancer balancer{{.backends = {backend.address()}, .process = "workers = 2"}};
    const std::uint16_t port = balancer.port();
    Client idle{port};
    CHECK(idle.get("/").body == "done");
    Client running{port};
    running.send(kHold);
    REQUIRE(backend.wait_for_requests(2));

    balancer.signal(SIGTERM);
    CHECK(idle.read_to_end().empty());
    CHECK(idle.ending() == Ending::Closed);
    CHECK(eventually([&] { return !Client(port).is_connected(); }));
    CHECK(balancer.admin("/ready").status() == 503);
    CHECK(balancer.admin("/live").status() == 200);

    gate.open();
    const Message answer = running.read_response();
    CHECK(answer.body == "done");
    CHECK(answer.field("Connection") == "close");
    CHECK(balancer.wait_for_exit() == 0);
    CHECK(balancer.wait_for_access_log(2).size() == 2);
}

TEST_CASE("TERM under load costs no client a request", "[scenarios][stop]") {
    PlainBackend backend{"done"};
    Balancer balancer{{.backends = {backend.address()}, .process = "workers = 2"}};
    const std::uint16_t port = balancer.port();
    std::atomic<int> answered = 0;
    std::atomic<int> broken = 0;
    std::vector<std::thread> clients;
    for (int number = 0; number < 8; ++number) {
        clients.emplace_back([&] {
            while (true) {
                Client client{port};
                if (!client.is_connected()) return;
                for (int request = 0; request < 20; ++request) {
                    const Message answer = client.get("/");
                    if (answer.status() == 200) ++answered;
                    // A kept connection that closes without a byte may be repeated by any client;
                    // the first request on a new one may not be lost.
                    const bool is_lost = answer.head.empty() && request == 0;
                    if (is_lost || (!answer.head.empty() && answer.status() != 200)) ++broken;
                    if (answer.head.empty() || answer.field("Connection") == "close") break;
                }
            }
        });
    }
    CHECK(eventually([&] { return answered > 200; }));
    balancer.signal(SIGTERM);
    CHECK(balancer.wait_for_exit() == 0);
    for (std::thread& client : clients) client.join();
    CHECK(broken == 0);
}

TEST_CASE("what takes too long is cut off with 503 drained", "[scenarios][stop]") {
    Gate gate;
    FakeBackend backend{held_until(gate)};
    Balancer balancer{{.backends = {backend.address()},
                       .process = "stop = { requests = \"200ms\", tunnels = \"200ms\" }"}};
    Client running{balancer.port()};
    running.send(kHold);
    REQUIRE(backend.wait_for_requests(1));
    balancer.signal(SIGTERM);
    const Message answer = running.read_response();
    CHECK(answer.status() == 503);
    CHECK(answer.field("X-Fairlead-Failure") == "drained");
    CHECK(balancer.wait_for_exit() == 0);
    CHECK(balancer.access_log().at(0).at("/failure") == "drained");
    gate.open();
}

TEST_CASE("a second signal ends the process at once", "[scenarios][stop]") {
    Gate gate;
    FakeBackend backend{held_until(gate)};
    Balancer balancer{{.backends = {backend.address()}}};
    Client running{balancer.port()};
    running.send(kHold);
    REQUIRE(backend.wait_for_requests(1));
    const int number = GENERATE(SIGTERM, SIGINT);
    balancer.signal(number);
    REQUIRE(balancer.wait_for_log("stopping"));
    balancer.signal(number);
    CHECK(balancer.wait_for_exit() == 0);
    CHECK_FALSE(running.read_response().is_whole);
    gate.open();
}

TEST_CASE("during `delay` requests are served while /ready says 503", "[scenarios][stop]") {
    PlainBackend backend{"done"};
    Balancer balancer{{.backends = {backend.address()}, .process = "stop = { delay = \"5m\" }"}};
    balancer.signal(SIGTERM);
    CHECK(eventually([&] { return balancer.admin("/ready").status() == 503; }));
    CHECK(get(balancer.port(), "/").body == "done");
    balancer.signal(SIGTERM);  // ends it at once
    CHECK(balancer.wait_for_exit() == 0);
}

TEST_CASE("after `delay` the process ends", "[scenarios][stop]") {
    PlainBackend backend{"done"};
    Balancer balancer{{.backends = {backend.address()}, .process = "stop = { delay = \"200ms\" }"}};
    const auto began = std::chrono::steady_clock::now();
    balancer.signal(SIGTERM);
    CHECK(balancer.wait_for_exit() == 0);
    CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds{200});
}

TEST_CASE("an open tunnel is waited for as long as `tunnels` says", "[scenarios][stop]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 101 Switch\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        hold(peer);
    }};
    Balancer balancer{{.backends = {backend.address()},
                       .process = "stop = { requests = \"1s\", tunnels = \"200ms\" }"}};
    Client client{balancer.port()};
    CHECK(client.get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n").status() == 101);
    balancer.signal(SIGTERM);
    client.read_to_end();
    CHECK(client.ending() != Ending::Open);
    CHECK(balancer.wait_for_exit() == 0);
}

TEST_CASE("HUP and USR1 disturb nothing", "[scenarios][stop]") {
    PlainBackend backend{"done"};
    const Balancer balancer{{.backends = {backend.address()}}};
    balancer.signal(SIGHUP);
    CHECK(balancer.wait_for_log("SIGHUP"));
    balancer.signal(SIGUSR1);
    CHECK(balancer.wait_for_log("SIGUSR1"));
    CHECK(get(balancer.port(), "/").body == "done");
}

}  // namespace fairlead::scenarios
