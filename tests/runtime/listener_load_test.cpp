#include "proxy/runtime/listener_load.h"

#include <utility>
#include <vector>

#include "tests/support/catch.h"

using namespace fairlead;
using runtime::ClientHold;
using runtime::ListenerLoad;

TEST_CASE("a connection counts as long as something holds it", "[runtime][limits]") {
    ListenerLoad load;
    ClientHold first(load);
    CHECK(load.connections() == 1);
    {
        const ClientHold moved = std::move(first);  // the same connection, at its next stage
        CHECK(load.connections() == 1);
    }
    CHECK(load.connections() == 0);
}

TEST_CASE("a client has so many connections, and one more when one has ended",
          "[runtime][limits]") {
    ListenerLoad load;
    const IpAddress client = *IpAddress::parse("192.0.2.1");
    std::vector<ClientHold> held;
    for (int index = 0; index < 3; ++index) {
        CHECK(held.emplace_back(load).count_client(client, 3));
    }
    {
        ClientHold too_many(load);
        CHECK_FALSE(too_many.count_client(client, 3));
    }
    ClientHold other(load);
    CHECK(other.count_client(*IpAddress::parse("192.0.2.2"), 3));
    CHECK(load.clients() == 2);
    held.pop_back();
    CHECK(held.emplace_back(load).count_client(client, 3));
    CHECK(load.connections() == 4);
}

TEST_CASE("who has left is not remembered", "[runtime][limits]") {
    ListenerLoad load;
    {
        ClientHold hold(load);
        CHECK(hold.count_client(*IpAddress::parse("192.0.2.1"), 1));
        CHECK(load.clients() == 1);
    }
    CHECK(load.clients() == 0);
}
