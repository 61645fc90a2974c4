#include "proxy/runtime/dns_members.h"

#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::runtime;
using namespace std::chrono_literals;
using net::DnsAnswer;
using net::DnsPart;
using net::DnsPlace;
using Outcome = net::DnsPart::Outcome;

namespace {

DnsPlace place(std::string_view ip, std::uint16_t port = 80, std::uint16_t priority = 0,
               std::uint16_t weight = 1) {
    return {SocketAddress{*IpAddress::parse(ip), port, {}}, priority, weight};
}
DnsPart found(std::vector<DnsPlace> places, std::uint32_t ttl_s = 30) {
    return {Outcome::Found, std::move(places), ttl_s, {}};
}
DnsPart nothing() { return {Outcome::Empty, {}, 0, "no such records"}; }
DnsPart trouble() { return {Outcome::Failed, {}, 0, "timeout"}; }
DnsMembership host() { return DnsMembership({"app.test", 80, {}}); }
std::vector<std::string> texts(const DnsMembership& membership) {
    std::vector<std::string> out;
    for (const DnsPlace& each : membership.places()) out.push_back(each.address.text());
    return out;
}
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("members are those of the last answer, in an order of their own", "[runtime][dns]") {
    DnsMembership members = host();
    members.take({{found({place("10.0.0.2"), place("10.0.0.1")}), found({place("::1")})}});
    CHECK(texts(members) == Texts{"[::1]:80", "10.0.0.1:80", "10.0.0.2:80"});
    CHECK(members.error().empty());
    members.take({{found({place("10.0.0.3")}), nothing()}});
    CHECK(texts(members) == Texts{"10.0.0.3:80"});
}

TEST_CASE("the last good answer is kept through errors and empty answers", "[runtime][dns]") {
    DnsMembership members = host();
    members.take({{found({place("10.0.0.1")}), found({place("::1")})}});
    const Texts before = texts(members);
    members.take({{trouble(), trouble()}});
    CHECK(texts(members) == before);
    CHECK(members.error() == "timeout");
    members.take({{nothing(), nothing()}});
    CHECK(texts(members) == before);
    CHECK(members.error() == "no such records");
    // One family is gone, of the other nothing is known: not enough to believe that all are gone.
    members.take({{nothing(), trouble()}});
    CHECK(texts(members) == before);
    members.take({{trouble(), nothing()}});
    CHECK(texts(members) == before);
    // Of this family there is news, of the other there is not.
    members.take({{found({place("10.0.0.2")}), trouble()}});
    CHECK(texts(members) == Texts{"[::1]:80", "10.0.0.2:80"});
    CHECK(members.error() == "timeout");
}

TEST_CASE("a time to live is taken between one second and a minute", "[runtime][dns]") {
    DnsMembership members = host();
    members.take({{found({place("10.0.0.1")}, 0), nothing()}});
    CHECK(members.holds_for() == 1s);
    members.take({{found({place("10.0.0.1")}, 20), found({place("::1")}, 10)}});
    CHECK(members.holds_for() == 10s);
    members.take({{found({place("10.0.0.1")}, 86400), nothing()}});
    CHECK(members.holds_for() == 60s);
}

TEST_CASE("after answers of no use it is asked less and less often", "[runtime][dns]") {
    DnsMembership members = host();
    for (const auto wanted : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
        members.take({{trouble(), trouble()}});
        CHECK(members.holds_for() == wanted);
    }
    members.take({{found({place("10.0.0.1")}), nothing()}});
    CHECK(members.holds_for() == 30s);
    members.take({{trouble(), trouble()}});
    CHECK(members.holds_for() == 1s);
}

TEST_CASE("priorities become tiers, weights weights; what is written stays", "[runtime][dns]") {
    conf::Model model;
    conf::Pool& pool = model.pools.emplace_back();
    pool.name = "app";
    pool.max_in_flight = 7;
    pool.dns = conf::Dns{"_http._tcp.app.test", 0, {}, {}};
    conf::Backend& written = pool.backends.emplace_back();
    written.name = "10.0.0.2:80";
    written.weight = 9;
    DnsMembership members(question_of(*pool.dns));
    members.take({{found({place("10.0.0.3", 81, 20, 4), place("10.0.0.1", 80, 10, 2),
                          place("10.0.0.2", 80, 10, 3)})}});
    lay_members(model, {{"app", members}});
    REQUIRE(pool.backends.size() == 3);
    CHECK(pool.backends[0].weight == 9);
    CHECK(pool.backends[1].name == "10.0.0.1:80");
    CHECK(pool.backends[1].weight == 2);
    CHECK(pool.backends[1].tier == 0);
    CHECK(pool.backends[1].max_in_flight == 7);
    CHECK(pool.backends[2].name == "10.0.0.3:81");
    CHECK(pool.backends[2].tier == 1);
}

TEST_CASE("an answer to another question is nobody's", "[runtime][dns]") {
    conf::Model model;
    conf::Pool& pool = model.pools.emplace_back();
    pool.name = "app";
    pool.dns = conf::Dns{"other.test", 80, {}, {}};
    DnsMembership members = host();
    members.take({{found({place("10.0.0.1")}), nothing()}});
    lay_members(model, {{"app", members}});
    CHECK(pool.backends.empty());
}

TEST_CASE("after any sequence of answers the members are those of the last good one",
          "[runtime][dns]") {
    std::mt19937 random(GENERATE(1U, 2U, 3U, 4U, 5U));
    DnsMembership members = host();
    std::vector<std::string> good;
    const auto draw_part = [&](std::string_view prefix) {
        const auto kind = random() % 4;
        if (kind == 0) return trouble();
        if (kind == 1) return nothing();
        std::vector<DnsPlace> places;
        for (auto count = random() % 3 + 1; count > 0; --count) {
            places.push_back(place(std::string(prefix) + std::to_string(random() % 5 + 1)));
        }
        return found(std::move(places));
    };
    for (int step = 0; step < 2000; ++step) {
        const DnsAnswer answer{{draw_part("10.0.0."), draw_part("fd00::")}};
        const Texts before = texts(members);
        members.take(answer);
        const bool is_whole = answer.parts[0].outcome != Outcome::Failed &&
                              answer.parts[1].outcome != Outcome::Failed;
        const bool has_any =
            answer.parts[0].outcome == Outcome::Found || answer.parts[1].outcome == Outcome::Found;
        if (is_whole && has_any) {
            DnsMembership fresh = host();
            fresh.take(answer);
            CHECK(texts(members) == texts(fresh));
        } else if (!has_any) {
            CHECK(texts(members) == before);
        }
        CHECK((before.empty() || !members.places().empty()));
        CHECK(members.holds_for() >= DnsMembership::kTtlMin);
        CHECK(members.holds_for() <= DnsMembership::kTtlMax);
    }
}
