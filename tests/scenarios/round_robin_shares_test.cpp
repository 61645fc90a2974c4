// round_robin gives each backend its share, exactly with one worker.
#include <array>
#include <map>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("round robin with one worker shares requests exactly by weight", "[scenarios][shares]") {
    PlainBackend a{"a"};
    PlainBackend b{"b"};
    PlainBackend c{"c"};
    const auto weighted = [](const FakeBackend& backend, int weight) {
        return "{ address = \"" + backend.address() + "\", weight = " + std::to_string(weight) +
               " }";
    };
    const auto [weight_b, weight_c, share_a, share_b, share_c] =
        GENERATE(std::array{1, 1, 1000, 1000, 1000}, std::array{2, 3, 500, 1000, 1500});
    const Balancer balancer{
        {.backends = {weighted(a, 1), weighted(b, weight_b), weighted(c, weight_c)},
         .pool = "policy = \"round_robin\""}};
    std::map<std::string, int> shares;
    Client client{balancer.port()};
    for (int request = 0; request < 3000; ++request) ++shares[client.get("/").body];
    CHECK(shares["a"] == share_a);
    CHECK(shares["b"] == share_b);
    CHECK(shares["c"] == share_c);
}

TEST_CASE("round robin with two workers shares requests within one percent",
          "[scenarios][shares]") {
    PlainBackend a{"a"};
    PlainBackend b{"b"};
    PlainBackend c{"c"};
    const Balancer balancer{{.backends = {a.address(), b.address(), c.address()},
                             .pool = "policy = \"round_robin\"",
                             .process = "workers = 2"}};
    std::map<std::string, int> shares;
    for (int connection = 0; connection < 30; ++connection) {
        Client client{balancer.port()};
        for (int request = 0; request < 100; ++request) ++shares[client.get("/").body];
    }
    for (const char* name : {"a", "b", "c"}) {
        CHECK(shares[name] >= 990);
        CHECK(shares[name] <= 1010);
    }
}

}  // namespace fairlead::scenarios
