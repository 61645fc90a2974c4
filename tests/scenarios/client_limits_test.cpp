// What one client may have: by its address, its connections, its rate.
#include <memory>
#include <vector>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kTrusted = "trusted_proxies = \"127.0.0.0/8\"\n";
constexpr const char* kRated =
    "[[route]]\nname = \"slow\"\npath = \"/slow\"\npool = \"app\"\n"
    "rate = { limit = \"2/h\", burst = 2 }\n";

std::string from(const std::string& address) { return "X-Forwarded-For: " + address + "\r\n"; }

/// Closed before it has said anything.
bool is_turned_away(Client& client) {
    const Ending ending = client.wait_for_ending(std::chrono::seconds{10});
    return ending == Ending::Closed || ending == Ending::Reset;
}

}  // namespace

TEST_CASE("requests of denied addresses get 403, and reach no backend", "[scenarios][limits]") {
    PlainBackend backend{"done"};
    const Balancer balancer{{.backends = {backend.address()},
                             .listener = std::string(kTrusted) +
                                         "allow = [\"127.0.0.0/8\", \"10.0.0.0/8\"]\n"
                                         "deny = \"10.9.0.0/16\"\n"}};
    CHECK(get(balancer.port(), "/").status() == 200);
    CHECK(get(balancer.port(), "/", from("10.1.2.3")).status() == 200);
    for (const std::string address : {"10.9.0.1", "192.0.2.1", "2001:db8::1"}) {
        INFO(address);
        const Message answer = get(balancer.port(), "/", from(address));
        CHECK(answer.status() == 403);
        CHECK(answer.field("X-Fairlead-Failure") == "denied");
        CHECK(answer.field("Connection") == "close");
    }
    CHECK(backend.requests().size() == 2);
    CHECK(balancer.wait_for_access_log(5).back().at("/failure") == "denied");
    CHECK(balancer.metric(
              "fairlead_failures_total{listener=\"web\",pool=\"\",failure=\"denied\"}") == 3);
}

TEST_CASE("sessions of denied addresses are closed at once", "[scenarios][limits]") {
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "mode = \"tcp\"\ndeny = \"127.0.0.1\"\n"}};
    Client client{balancer.port()};
    CHECK(is_turned_away(client));
    CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "denied");
    CHECK(balancer.metric("fairlead_connections_total{listener=\"web\"}") == 1);
    CHECK(balancer.metric("fairlead_connections{listener=\"web\"}") == 0);
}

TEST_CASE("who asks too often gets 429 and when to come back", "[scenarios][limits]") {
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = kTrusted, .more = kRated}};
    Client client{balancer.port()};
    CHECK(client.get("/slow", from("10.0.0.1")).status() == 200);
    CHECK(client.get("/slow", from("10.0.0.1")).status() == 200);
    const Message answer = client.get("/slow", from("10.0.0.1"));
    CHECK(answer.status() == 429);
    CHECK(answer.field("X-Fairlead-Failure") == "rate_limited");
    const int seconds = std::stoi(answer.field("Retry-After"));
    CHECK(seconds > 1500);
    CHECK(seconds <= 1800);
    CHECK(client.get("/slow", from("10.0.0.2")).status() == 200);  // somebody else
    CHECK(client.get("/fast", from("10.0.0.1")).status() == 200);  // another route
    CHECK(backend.requests().size() == 4);
    const JsonText line = balancer.wait_for_access_log(3)[2];
    CHECK(line.at("/failure") == "rate_limited");
    CHECK(line.at("/route") == "slow");
}

TEST_CASE("a reload does not forget who has asked too often", "[scenarios][limits][reload]") {
    PlainBackend backend{"done"};
    Setup setup{.backends = {backend.address()}, .more = kRated};
    Balancer balancer{setup};
    CHECK(get(balancer.port(), "/slow").status() == 200);
    CHECK(get(balancer.port(), "/slow").status() == 200);
    setup.more = "[[route]]\npath = \"/other\"\nstatus = 204\n" + setup.more;
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    CHECK(get(balancer.port(), "/slow").status() == 429);
    CHECK(get(balancer.port(), "/other").status() == 204);
}

TEST_CASE("one client has so many connections, over all workers", "[scenarios][limits]") {
    PlainBackend backend{"done"};
    const Balancer balancer{{.backends = {backend.address()},
                             .listener = "limits = { connections_per_ip = 3 }\n",
                             .process = "workers = 2"}};
    std::vector<std::unique_ptr<Client>> clients;
    for (int number = 0; number < 3; ++number) {
        clients.push_back(std::make_unique<Client>(balancer.port()));
        CHECK(clients.back()->get("/").status() == 200);
    }
    Client fourth{balancer.port()};
    CHECK(is_turned_away(fourth));
    // Lines of two workers come in any order.
    std::size_t turned_away = 0;
    for (const JsonText& line : balancer.wait_for_access_log(4)) {
        if (line.at("/failure") == "too_many_connections") ++turned_away;
    }
    CHECK(turned_away == 1);
    CHECK(clients.front()->get("/").status() == 200);
    clients.front()->close();
    CHECK(eventually([&] {
        Client next{balancer.port()};
        if (!next.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")) return false;
        return next.wait_for_ending(std::chrono::seconds{1}) == Ending::Bytes &&
               next.read_response().status() == 200;
    }));
}

TEST_CASE("a trusted proxy brings as many connections as it has clients", "[scenarios][limits]") {
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()},
         .listener = std::string(kTrusted) + "limits = { connections_per_ip = 1 }\n"}};
    Client first{balancer.port()};
    Client second{balancer.port()};
    CHECK(first.get("/").status() == 200);
    CHECK(second.get("/").status() == 200);
}

TEST_CASE("at its own limit a listener pauses, and the others go on", "[scenarios][limits]") {
    PlainBackend backend{"done"};
    const Balancer balancer{{.backends = {backend.address()},
                             .listener = "limits = { connections = 2 }\n",
                             .more = "[listener.other]\nbind = \"127.0.0.1:0\"\npool = \"app\"\n"}};
    Client first{balancer.port()};
    Client second{balancer.port()};
    CHECK(first.get("/").status() == 200);
    CHECK(second.get("/").status() == 200);
    REQUIRE(balancer.wait_for_log("listener web: 2 connections: accepting pauses"));
    Client third{balancer.port()};
    third.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(get(balancer.port("other"), "/").status() == 200);
    CHECK(third.wait_for_ending(std::chrono::milliseconds{300}) == Ending::Open);
    first.close();
    CHECK(third.read_response().status() == 200);
}

}  // namespace fairlead::scenarios
