#include "proxy/net/dns_lookup.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/dns_server.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace std::chrono_literals;
using test::DnsServer;
using Mood = test::DnsServer::Mood;
using Outcome = DnsPart::Outcome;

namespace {

DnsQuestion question(const DnsServer& server, std::string name, std::uint16_t port = 8000) {
    return {std::move(name), port, {HostPort{"127.0.0.1", server.port(), {}}}};
}
DnsAnswer ask(const DnsQuestion& question, Duration patience = 10s) {
    return look_up({&question, 1}, patience).at(0);
}
std::vector<std::string> texts(const DnsPart& part) {
    std::vector<std::string> out;
    for (const DnsPlace& each : part.places) out.push_back(each.address.text());
    return out;
}
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a host has the addresses of both families, with the port asked for", "[net][dns]") {
    DnsServer server;
    server.set("app.test", {"127.0.0.1", "127.0.0.2"}, 7);
    server.set_v6("app.test", {"::1"});
    server.set_mood(GENERATE(Mood::Good, Mood::Truncated));
    const DnsAnswer answer = ask(question(server, "app.test"));
    REQUIRE(answer.parts.size() == 2);
    CHECK(answer.parts[0].outcome == Outcome::Found);
    CHECK(texts(answer.parts[0]) == Texts{"127.0.0.1:8000", "127.0.0.2:8000"});
    CHECK(answer.parts[0].ttl_s == 7);
    CHECK(texts(answer.parts[1]) == Texts{"[::1]:8000"});
}

TEST_CASE("no such name and no such records are answers; nothing to believe is a failure",
          "[net][dns]") {
    DnsServer server;
    server.set("app.test", {"127.0.0.1"});
    SECTION("records of one family only") {
        const DnsAnswer answer = ask(question(server, "app.test"));
        CHECK(answer.parts[0].outcome == Outcome::Found);
        CHECK(answer.parts[1].outcome == Outcome::Empty);
        CHECK(answer.parts[1].error == "no such records");
    }
    SECTION("no such name") {
        const DnsAnswer answer = ask(question(server, "other.test."));
        CHECK(answer.parts[0].outcome == Outcome::Empty);
        CHECK(answer.parts[0].error == "no such name");
    }
    SECTION("trouble") {
        server.set_mood(GENERATE(Mood::ServerFailure, Mood::CutOff));
        const DnsAnswer answer = ask(question(server, "app.test."));
        CHECK(answer.parts[0].outcome == Outcome::Failed);
        CHECK_FALSE(answer.parts[0].error.empty());
        CHECK(answer.parts[0].places.empty());
    }
}

TEST_CASE("patience ends for a server that says nothing, not for the others", "[net][dns]") {
    DnsServer silent;
    silent.set_mood(Mood::Silent);
    DnsServer good;
    good.set("app.test", {"127.0.0.1"});
    const std::vector<DnsQuestion> questions{question(silent, "app.test"),
                                             question(good, "app.test")};
    const std::vector<DnsAnswer> answers = look_up(questions, 300ms);
    CHECK(answers[0].parts[0].outcome == Outcome::Failed);
    CHECK(answers[1].parts[0].outcome == Outcome::Found);
}

TEST_CASE("the instances of a service have its priorities, weights and ports", "[net][dns]") {
    DnsServer server;
    server.set_services("_http._tcp.app.test", {{1, 5, 8001, "b.test"}, {0, 0, 8000, "a.test"}});
    server.set("a.test", {"127.0.0.1"}, 9);
    server.set("b.test", {"127.0.0.2"}, 9);
    DnsAnswer answer = ask(question(server, "_http._tcp.app.test", 0));
    REQUIRE(answer.parts.size() == 1);
    const DnsPart& part = answer.parts[0];
    REQUIRE(part.outcome == Outcome::Found);
    REQUIRE(part.places.size() == 2);
    CHECK(part.ttl_s == 1);
    for (const DnsPlace& place : part.places) {
        const bool is_a = place.address.text() == "127.0.0.1:8000";
        CHECK(place.priority == (is_a ? 0 : 1));
        CHECK(place.weight == (is_a ? 1 : 5));
        CHECK((is_a || place.address.text() == "127.0.0.2:8001"));
    }
    SECTION("one target that cannot be looked up spoils the answer") {
        server.set_v6_mood(Mood::ServerFailure);
        answer = ask(question(server, "_http._tcp.app.test", 0));
        CHECK(answer.parts[0].outcome == Outcome::Failed);
        CHECK(answer.parts[0].places.empty());
        CHECK(answer.parts[0].error.find(".test: ") != std::string::npos);
    }
    SECTION("targets without an address make an empty one") {
        server.set("a.test", {});
        server.set("b.test", {});
        answer = ask(question(server, "_http._tcp.app.test", 0));
        CHECK(answer.parts[0].outcome == Outcome::Empty);
        CHECK(answer.parts[0].error == "no target has an address");
    }
}
