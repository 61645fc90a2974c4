// At max_connections accepting pauses; nobody is turned away.
#include <memory>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("at the cap accepting pauses until a connection ends", "[scenarios][limits]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}, .process = "max_connections = 4"}};
    std::vector<std::unique_ptr<Client>> clients;
    for (int number = 0; number < 4; ++number) {
        clients.push_back(std::make_unique<Client>(balancer.port()));
        CHECK(clients.back()->get("/").status() == 200);
    }
    REQUIRE(balancer.wait_for_log("accepting pauses"));
    Client fifth{balancer.port()};
    fifth.send("GET /fifth HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(fifth.wait_for_ending(std::chrono::milliseconds{300}) == Ending::Open);
    CHECK(clients[0]->get("/").status() == 200);
    clients[1]->close();
    CHECK(fifth.read_response().status() == 200);
    CHECK(balancer.metric("fairlead_connections{listener=\"web\"}") == 4);
}

TEST_CASE("several workers share one cap", "[scenarios][limits]") {
    PlainBackend backend{"body"};
    const Balancer balancer{
        {.backends = {backend.address()}, .process = "max_connections = 4\nworkers = 2"}};
    std::vector<std::unique_ptr<Client>> clients;
    for (int number = 0; number < 12; ++number) {
        clients.push_back(std::make_unique<Client>(balancer.port()));
        clients.back()->send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    }
    REQUIRE(balancer.wait_for_log("accepting pauses"));
    const auto connections = [&] {
        return balancer.metric("fairlead_connections{listener=\"web\"}");
    };
    CHECK(eventually([&] { return connections() >= 4; }));
    // The other worker finds out with the first connection of its own over the cap.
    CHECK(connections() <= 5);
    // Whoever waits is served when those before have gone.
    std::size_t served = 0;
    CHECK(eventually([&] {
        for (const auto& client : clients) {
            if (client->descriptor() < 0 ||
                client->wait_for_ending(std::chrono::milliseconds{1}) != Ending::Bytes) {
                continue;
            }
            if (client->read_response().status() == 200) ++served;
            client->close();
        }
        return served == clients.size();
    }));
}

TEST_CASE("hundreds of idle clients disturb nobody", "[scenarios][limits]") {
    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}}};
    std::vector<std::unique_ptr<Client>> idle;
    for (int number = 0; number < 400; ++number) {
        idle.push_back(std::make_unique<Client>(balancer.port()));
    }
    Client client{balancer.port()};
    for (int request = 0; request < 100; ++request) CHECK(client.get("/").status() == 200);
    CHECK(eventually(
        [&] { return balancer.metric("fairlead_connections{listener=\"web\"}") == 401; }));
    CHECK(balancer.memory_kib() < 40 * 1024);
    CHECK(idle.back()->get("/").status() == 200);
}

}  // namespace fairlead::scenarios
