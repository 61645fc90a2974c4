// A split between sticky pools: a client stays in the pool it has a place in.
#include <string>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

struct StickySplit {
    static std::string pool(const std::string& name, const std::string& address) {
        return "[pool." + name + "]\nbackends = [{ address = \"" + address +
               "\", name = \"one\" }]\nsticky = \"lb\"\n";
    }
    Setup setup(const std::string& weights) const {
        return {.more = pool("stable", stable.address()) + pool("canary", canary.address()) +
                        "[[route]]\npath = \"/*\"\nsplit = { " + weights + " }\n"};
    }

    PlainBackend stable{"stable"};
    PlainBackend canary{"canary"};
};

std::string cookie_field(const Message& answer) {
    const std::string field = answer.field("Set-Cookie");
    return "Cookie: " + field.substr(0, field.find(';')) + "\r\n";
}

/// A request that the split gives to this pool.
Message first_visit(std::uint16_t port, const std::string& pool) {
    Message answer;
    for (int tries = 0; tries < 20 && answer.body != pool; ++tries) answer = get(port, "/");
    return answer;
}

}  // namespace

TEST_CASE("a cookie decides the pool of a split before its weights", "[scenarios][sticky]") {
    const StickySplit it;
    const Balancer balancer{it.setup("stable = 9, canary = 1")};
    for (const std::string pool : {"stable", "canary"}) {
        const Message first = first_visit(balancer.port(), pool);
        REQUIRE(first.body == pool);
        for (int request = 0; request < 12; ++request) {
            const Message answer = get(balancer.port(), "/", cookie_field(first));
            CHECK(answer.body == pool);
            CHECK(!answer.has("Set-Cookie"));
        }
    }
}

TEST_CASE("a pool whose weight becomes 0 loses its clients", "[scenarios][sticky]") {
    const StickySplit it;
    Balancer balancer{it.setup("stable = 1, canary = 1")};
    const std::uint16_t port = balancer.port();
    const Message first = first_visit(port, "canary");
    REQUIRE(first.body == "canary");
    balancer.change_config(config(it.setup("stable = 1, canary = 0")));
    REQUIRE(balancer.reload());
    const Message moved = get(port, "/", cookie_field(first));
    CHECK(moved.body == "stable");
    CHECK(moved.has("Set-Cookie"));
}

TEST_CASE("a client whose backend is out is split anew", "[scenarios][sticky]") {
    const StickySplit it;
    const Balancer balancer{it.setup("stable = 1, canary = 1")};
    const Message first = first_visit(balancer.port(), "canary");
    REQUIRE(first.body == "canary");
    REQUIRE(
        balancer.steer("PATCH", "/api/v1/pools/canary/backends/one", "{\"state\":\"maintenance\"}")
            .status() == 200);
    Message moved;
    for (int tries = 0; tries < 3 && moved.status() != 200; ++tries) {
        moved = get(balancer.port(), "/", cookie_field(first));
    }
    CHECK(moved.body == "stable");
    CHECK(moved.has("Set-Cookie"));
}

}  // namespace fairlead::scenarios
