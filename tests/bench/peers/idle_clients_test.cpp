#include "bench/peers/idle_clients.h"

#include "tests/bench/test_origins.h"
#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

const std::atomic<bool> kGoOn{false};

TEST_CASE("idle clients keep their connections", "[bench][peers]") {
    TestOrigins origins;
    Work work;
    work.response_bytes = 64;
    IdleClients clients(origins.address(), work);
    REQUIRE(clients.open_until(3, kGoOn));
    REQUIRE(clients.open_until(8, kGoOn));
    CHECK(clients.count() == 8);
    origins.with(0, [](Origin& origin) {
        CHECK(origin.connections() == 8);
        CHECK(origin.executions() == 8);
    });
}

TEST_CASE("a client that is refused is told with its number", "[bench][peers]") {
    const SocketAddress address = (*free_addresses(1)).front();
    IdleClients clients(address, Work{});
    const auto opened = clients.open_until(3, kGoOn);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().render() ==
          "error: client 1 of 3 cannot connect to " + address.text() +
              "\n  raise the limit of open files (ulimit -n), or see the balancer's log\n");
}

TEST_CASE("opening ends when we are told to stop", "[bench][peers]") {
    TestOrigins origins;
    IdleClients clients(origins.address(), Work{});
    const std::atomic<bool> stop{true};
    CHECK_FALSE(clients.open_until(1, stop));
    CHECK(clients.count() == 0);
}

TEST_CASE("as many clients are opened as descriptors allow, within bounds", "[bench][peers]") {
    CHECK(idle_clients_max(1024) == 262);
    CHECK(idle_clients_max(20'000) == 9'750);
    CHECK(idle_clients_max(1'000'000) == 10'000);
    CHECK(idle_clients_max(10) == 50);
}

}  // namespace
}  // namespace fairlead::bench::peers
