#include "proxy/net/resolver.h"

#include <algorithm>

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::net;

TEST_CASE("an address resolves to itself", "[net][resolver]") {
    const char* text = GENERATE("127.0.0.1:8000", "[::1]:8000", "unix:/run/app.sock");
    const Result<HostPort> where = HostPort::parse(text);
    REQUIRE(where);
    const auto found = resolve_now(*where);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK(found->front().text() == text);
}

TEST_CASE("localhost resolves to loopback addresses with the port, each once", "[net][resolver]") {
    const std::string name = GENERATE("localhost", "LOCALHOST", "app.localhost", "app.localhost.");
    const auto found = resolve_now(HostPort{name, 8000, {}});
    REQUIRE(found);
    REQUIRE_FALSE(found->empty());
    for (const SocketAddress& each : *found) {
        CHECK(each.ip.is_loopback());
        CHECK(each.port == 8000);
        CHECK(std::count(found->begin(), found->end(), each) == 1);
    }
}

TEST_CASE("a name that cannot exist is an error that says how to check", "[net][resolver]") {
    const auto found = resolve_now(HostPort{"no such name", 80, {}});
    REQUIRE_FALSE(found);
    CHECK(found.error().message.rfind("cannot resolve \"no such name\": ", 0) == 0);
    CHECK(found.error().hint ==
          "check the name, and what this machine makes of it: getent hosts no such name");
}
