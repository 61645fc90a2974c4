// A canary: a route that divides its requests between pools.
#include <map>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

std::string pool_table(const std::string& name, const std::string& address) {
    return "[pool." + name + "]\nbackends = [\"" + address + "\"]\n";
}

}  // namespace

TEST_CASE("a split route gives each pool its share", "[scenarios][routing]") {
    PlainBackend stable{"stable"};
    PlainBackend canary{"canary"};
    PlainBackend old{"old"};
    const Balancer balancer{{.more = pool_table("stable", stable.address()) +
                                     pool_table("canary", canary.address()) +
                                     pool_table("old", old.address()) + R"([[route]]
name = "app"
path = "/*"
split = { stable = 95, canary = 5, old = 0 }
)"}};
    Client client{balancer.port()};
    std::map<std::string, int> answers;
    for (int request = 0; request < 200; ++request) ++answers[client.get("/").body];
    CHECK(answers == std::map<std::string, int>{{"stable", 190}, {"canary", 10}});

    std::map<std::string, int> logged;
    for (const JsonText& line : balancer.wait_for_access_log(200)) {
        CHECK(line.at("/route") == "app");
        ++logged[line.at("/pool")];
    }
    CHECK(logged == answers);
}

TEST_CASE("a retry stays in the pool that a split has chosen", "[scenarios][routing]") {
    const RefusingAddress refusing;
    PlainBackend stable{"stable"};
    PlainBackend canary{"canary"};
    const Balancer balancer{
        {.more = "[pool.canary]\nbackends = [\"" + refusing.address() + "\", \"" +
                 canary.address() + "\"]\npolicy = \"first\"\npassive = \"off\"\n" +
                 pool_table("stable", stable.address()) +
                 "[[route]]\npath = \"/*\"\nsplit = { stable = 1, canary = 1 }\n"}};
    Client client{balancer.port()};
    std::map<std::string, int> answers;
    for (int request = 0; request < 10; ++request) ++answers[client.get("/").body];
    CHECK(answers == std::map<std::string, int>{{"stable", 5}, {"canary", 5}});
}

}  // namespace fairlead::scenarios
