// A backend goes out after `fall` bad probes and comes back after `rise` good ones.
#include <atomic>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

/// A change is seen within a second; a probe has nearly as long, for the test may be slow with its
/// answer.
constexpr const char* kPatientCheck =
    "policy = \"round_robin\"\ncheck = { http = \"GET /healthz\", every = \"1s\", timeout = "
    "\"900ms\", every_changing = \"50ms\", every_down = \"50ms\", rise = 2, fall = 3 }";

/// Where a probe that comes too late does no harm.
constexpr const char* kFastCheck =
    "policy = \"round_robin\"\ncheck = { http = \"GET /healthz\", every = \"50ms\", timeout = "
    "\"40ms\", every_changing = \"50ms\", every_down = \"50ms\", rise = 2, fall = 3 }";

}  // namespace

TEST_CASE("a backend is out after `fall` bad probes and back after `rise` good ones",
          "[scenarios][health]") {
    std::atomic<bool> is_well = true;
    std::atomic<int> bad_probes = 0;
    FakeBackend sick{serve([&](const Message& request) -> std::string {
        if (request.target() != "/healthz") return ok("sick");
        if (is_well) return ok("well");
        ++bad_probes;
        return "HTTP/1.1 503 Ill\r\nContent-Length: 0\r\n\r\n";
    })};
    PlainBackend well{"well"};
    const Balancer balancer{{.backends = {sick.address(), well.address()}, .pool = kPatientCheck}};
    Client client{balancer.port()};
    const std::string state = "/pools/0/backends/0/state";
    CHECK(balancer.status(state) == "up");
    const std::string first = client.get("/").body;
    CHECK(client.get("/").body != first);

    is_well = false;
    REQUIRE(eventually([&] { return balancer.status(state) == "down"; }));
    CHECK(bad_probes >= 3);
    const std::string reason = balancer.status("/pools/0/backends/0/reason");
    INFO(reason);
    CHECK(reason.find("503") != std::string::npos);
    CHECK(reason.find("next check in") != std::string::npos);
    for (int request = 0; request < 10; ++request) CHECK(client.get("/").body == "well");
    CHECK(balancer.metric("fairlead_backend_up{pool=\"app\",backend=\"" + sick.address() + "\"}") ==
          0);

    is_well = true;
    REQUIRE(eventually([&] { return balancer.status(state) != "down"; }));
    REQUIRE(eventually([&] { return client.get("/").body == "sick"; }));

    // One line for each change: out, and back.
    const std::string log = balancer.log();
    INFO(log);
    const std::string line = "pool app: backend " + sick.address() + " is ";
    CHECK(count(log, line + "down: 3 x status 503") == 1);
    CHECK(count(log, line + "rising: 2 passed") == 1);
    CHECK(count(log, line) == 3);  // up at the start
}

TEST_CASE("a backend that does not listen is out, and accepting waits for the first round",
          "[scenarios][health]") {
    const RefusingAddress dead;
    PlainBackend well{"well"};
    const Balancer balancer{{.backends = {dead.address(), well.address()}, .pool = kPatientCheck}};
    CHECK(balancer.admin("/ready").status() == 200);
    CHECK(balancer.status("/pools/0/backends/1/state") == "up");
    REQUIRE(eventually([&] { return balancer.status("/pools/0/backends/0/state") == "down"; }));
    const std::string reason = balancer.status("/pools/0/backends/0/reason");
    INFO(reason);
    CHECK(reason.find("connect refused") != std::string::npos);
    const JsonText line = [&] {
        get(balancer.port(), "/");
        return balancer.wait_for_access_log(1)[0];
    }();
    CHECK(line.at("/attempts/1") == "(none)");
}

TEST_CASE("when every backend is out, all are tried; or none, as when_all_down says",
          "[scenarios][health]") {
    FakeBackend ill{serve([](const Message& request) -> std::string {
        if (request.target() != "/healthz") return ok("works all the same");
        return "HTTP/1.1 500 Ill\r\nContent-Length: 0\r\n\r\n";
    })};
    const std::string when = GENERATE("try", "fail");
    const Balancer balancer{
        {.backends = {ill.address()},
         .pool = std::string(kPatientCheck) + "\nwhen_all_down = \"" + when + "\""}};
    REQUIRE(eventually([&] { return balancer.status("/pools/0/backends/0/state") == "down"; }));
    const Message answer = get(balancer.port(), "/");
    CHECK(balancer.admin("/ready").status() == 200);
    if (when == "try") {
        CHECK(answer.body == "works all the same");
    } else {
        CHECK(answer.status() == 503);
        CHECK(answer.field("X-Fairlead-Failure") == "no_backend");
        CHECK(balancer.admin("/ready?pool=app").status() == 503);
    }
}

TEST_CASE("a backup tier is used when no primary is", "[scenarios][health]") {
    auto primary = std::make_unique<PlainBackend>("primary");
    const std::uint16_t port = primary->port();
    PlainBackend backup{"backup"};
    const Balancer balancer{{.backends = {primary->address(), "{ address = \"" + backup.address() +
                                                                  "\", tier = \"backup\" }"},
                             .pool = kPatientCheck}};
    Client client{balancer.port()};
    for (int request = 0; request < 10; ++request) CHECK(client.get("/").body == "primary");
    CHECK(backup.requests().empty() == false);  // its probes
    primary.reset();
    // Noticed by traffic before the probes notice: retried, no client sees it.
    CHECK(client.get("/").body == "backup");
    REQUIRE(eventually([&] { return balancer.status("/pools/0/backends/0/state") == "down"; }));
    CHECK(client.get("/").body == "backup");
    PlainBackend again{"primary", port};
    CHECK(eventually([&] { return client.get("/").body == "primary"; }));
}

TEST_CASE("without a check a backend is unknown, which is usable", "[scenarios][health]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}}};
    CHECK(balancer.status("/pools/0/backends/0/state") == "unknown");
    CHECK(balancer.admin("/ready?pool=app").status() == 200);
    CHECK(get(balancer.port(), "/").body == "body");
}

TEST_CASE("a backend killed under load costs no client an error", "[scenarios][health]") {
    auto first = std::make_unique<PlainBackend>("first");
    PlainBackend second{"second"};
    const std::uint16_t port = first->port();
    const Balancer balancer{{.backends = {first->address(), second.address()}, .pool = kFastCheck}};
    std::atomic<bool> is_over = false;
    std::atomic<int> failures = 0;
    std::atomic<int> requests = 0;
    std::vector<std::thread> clients;
    for (int number = 0; number < 4; ++number) {
        clients.emplace_back([&] {
            while (!is_over) {
                Client client{balancer.port()};
                bool is_kept = true;
                while (is_kept && !is_over) {
                    const Message answer = client.get("/");
                    failures += answer.status() == 200 ? 0 : 1;
                    ++requests;
                    is_kept = answer.status() != 0 && answer.field("Connection") != "close";
                }
            }
        });
    }
    for (int round = 0; round < 3; ++round) {
        const int before = requests;
        eventually([&] { return requests > before + 200; });
        first.reset();
        CHECK(eventually([&] { return balancer.status("/pools/0/backends/0/state") == "down"; }));
        first = std::make_unique<PlainBackend>("first", port);
        CHECK(eventually([&] { return balancer.status("/pools/0/backends/0/state") != "down"; }));
    }
    is_over = true;
    for (std::thread& client : clients) client.join();
    CHECK(failures == 0);
    CHECK(requests > 600);
}

}  // namespace fairlead::scenarios
