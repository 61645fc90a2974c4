// `dns` of a pool: its backends are what the name says, from moment to moment.
#include <set>
#include <string>
#include <vector>

#include "tests/scenarios/support/scenario.h"
#include "tests/support/dns_server.h"

namespace fairlead::scenarios {
namespace {

using test::DnsServer;
using Mood = test::DnsServer::Mood;
using Bodies = std::set<std::string>;

constexpr const char* kService = "_http._tcp.app.test";

/// Two backends of one service, of which the name server tells as a test wants it.
struct Zone {
    explicit Zone() { server.set("host.test", {"127.0.0.1"}); }
    void tell(const std::vector<const PlainBackend*>& backends) {
        std::vector<DnsServer::Service> services;
        for (const PlainBackend* each : backends) {
            services.push_back({0, 1, each->port(), "host.test"});
        }
        server.set_services(kService, services);
    }
    std::string dns_line(const std::string& name = kService) const {
        return "dns = { name = \"" + name +
               "\", servers = [\"127.0.0.1:" + std::to_string(server.port()) + "\"] }\n";
    }
    Setup setup(const std::string& pool = {}) const {
        return {.listener = "pool = \"app\"",
                .more = "[pool.app]\npolicy = \"round_robin\"\n" + dns_line() + pool};
    }
    /// Waits until another `count` questions have been answered.
    bool is_asked_again(std::size_t count = 8) const {
        const std::size_t before = server.asked();
        return eventually([&] { return server.asked() >= before + count; });
    }

    DnsServer server;
    PlainBackend a{"a"};
    PlainBackend b{"b"};
};

Bodies answers(const Balancer& balancer) {
    Bodies bodies;
    for (int request = 0; request < 6; ++request) bodies.insert(get(balancer.port(), "/").body);
    return bodies;
}

}  // namespace

TEST_CASE("the backends of a pool follow the answers of DNS", "[scenarios][dns]") {
    Zone zone;
    zone.tell({&zone.a});
    Balancer balancer{zone.setup()};
    CHECK(answers(balancer) == Bodies{"a"});
    CHECK(balancer.status("/pools/0/backends/0/name") == zone.a.address());

    zone.tell({&zone.a, &zone.b});
    CHECK(
        balancer.wait_for_log("pool app: dns _http._tcp.app.test: " + zone.b.address() + " added"));
    CHECK(eventually([&] { return answers(balancer) == Bodies{"a", "b"}; }));

    zone.tell({&zone.b});
    CHECK(balancer.wait_for_log("backend app/" + zone.a.address() + ": drained"));
    CHECK(answers(balancer) == Bodies{"b"});
    CHECK(balancer.status("/generation") == "3");
}

TEST_CASE("a host's addresses are backends with the port that is written", "[scenarios][dns]") {
    Zone zone;
    Balancer balancer{
        {.listener = "pool = \"app\"",
         .more = "[pool.app]\n" + zone.dns_line("host.test:" + std::to_string(zone.a.port()))}};
    CHECK(answers(balancer) == Bodies{"a"});
    CHECK(balancer.status("/pools/0/backends/0/name") == zone.a.address());
}

TEST_CASE("the last good answer is kept through errors", "[scenarios][dns]") {
    const Mood mood = GENERATE(Mood::ServerFailure, Mood::NoSuchName, Mood::CutOff);
    Zone zone;
    zone.tell({&zone.a});
    Balancer balancer{zone.setup()};
    zone.server.set_mood(mood);
    CHECK(balancer.wait_for_log("the last good answer is kept"));
    CHECK(balancer.status("/pools/0/dns/members") == "1");
    CHECK(balancer.status("/pools/0/dns/error") != "(none)");
    REQUIRE(zone.is_asked_again(2));
    CHECK(answers(balancer) == Bodies{"a"});
    CHECK(balancer.reload());
    CHECK(answers(balancer) == Bodies{"a"});
    zone.tell({&zone.b});
    zone.server.set_mood(Mood::Good);
    CHECK(balancer.wait_for_log("answered again"));
    CHECK(eventually([&] { return answers(balancer) == Bodies{"b"}; }));
    CHECK(balancer.status("/pools/0/dns/name") == kService);
    CHECK(eventually([&] { return balancer.status("/pools/0/dns/error") == "(none)"; }));
}

TEST_CASE("a start without an answer serves 503 until there is one", "[scenarios][dns]") {
    Zone zone;
    zone.tell({&zone.a});
    zone.server.set_mood(Mood::NoSuchName);
    Balancer balancer{zone.setup()};
    CHECK(balancer.wait_for_log("it has given no backend yet"));
    const Message refused = get(balancer.port(), "/");
    CHECK(refused.status() == 503);
    CHECK(refused.field("X-Fairlead-Failure") == "no_backend");
    zone.server.set_mood(Mood::Good);
    CHECK(eventually([&] { return answers(balancer) == Bodies{"a"}; }));
}

TEST_CASE("every policy bears a pool that has no backend yet", "[scenarios][dns]") {
    const std::string policy = GENERATE("round_robin", "least_connections", "random", "random_two",
                                        "peak_ewma", "hash", "first");
    Zone zone;
    zone.server.set_mood(Mood::NoSuchName);
    Balancer balancer{{.listener = "pool = \"app\"",
                       .more = "[pool.app]\ncheck = \"GET /\"\nsticky = \"lb\"\npolicy = \"" +
                               policy + "\"\n" + zone.dns_line()}};
    CHECK(get(balancer.port(), "/").status() == 503);
    CHECK(balancer.admin("/ready?pool=app").status() == 503);
}

TEST_CASE("what a person has changed of a backend found by DNS stays", "[scenarios][dns]") {
    Zone zone;
    zone.tell({&zone.a, &zone.b});
    Balancer balancer{zone.setup()};
    const std::string target = "/api/v1/pools/app/backends/" + zone.a.address();
    CHECK(balancer.steer("PATCH", target, R"({"weight":0})").status() == 200);
    REQUIRE(zone.is_asked_again());
    CHECK(answers(balancer) == Bodies{"b"});
    CHECK(balancer.steer("PATCH", target, R"({"weight":1})").status() == 200);
    CHECK(answers(balancer) == Bodies{"a", "b"});
    CHECK(balancer.steer("DELETE", target).status() == 200);
    REQUIRE(zone.is_asked_again());
    CHECK(answers(balancer) == Bodies{"b"});
}

TEST_CASE("reload and plan know nothing of what DNS has brought", "[scenarios][dns]") {
    Zone zone;
    zone.tell({&zone.a});
    Balancer balancer{zone.setup()};
    const Message plan = balancer.admin("/api/v1/plan");
    CHECK(plan.body.find("backend") == std::string::npos);
    balancer.change_config(config(zone.setup("max_in_flight = 5\n")));
    REQUIRE(balancer.reload());
    CHECK(balancer.log().find("+ backend") == std::string::npos);
    CHECK(answers(balancer) == Bodies{"a"});
}

}  // namespace fairlead::scenarios
