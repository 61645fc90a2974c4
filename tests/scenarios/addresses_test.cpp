// Listeners and backends on IPv4, IPv6 and unix sockets.
#include <filesystem>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("a unix socket listener in front of a unix socket backend", "[scenarios][addresses]") {
    const TemporaryDirectory directory;
    const std::string backend_place = "unix:" + directory.path() + "/backend.sock";
    const std::string listener_path = directory.path() + "/web.sock";
    FakeBackend backend{serve(ok("by unix socket")), backend_place};
    {
        const Balancer balancer{{.backends = {backend_place},
                                 .listener = "bind = \"unix:" + listener_path + "\"",
                                 .process = "workers = 2"}};
        Client client = Client::over_unix(listener_path);
        REQUIRE(client.is_connected());
        for (int request = 0; request < 5; ++request) {
            CHECK(client.get("/").body == "by unix socket");
        }
        CHECK(backend.connections() == 1);
        for (int number = 0; number < 10; ++number) {
            CHECK(Client::over_unix(listener_path).get("/").status() == 200);
        }
        CHECK(backend.requests()[0].field("Host") == "test");
        CHECK(backend.requests()[0].field("X-Forwarded-For") == "unknown");
        const JsonText line = balancer.wait_for_access_log(1)[0];
        CHECK(line.at("/client") == "unix:");
        CHECK(line.at("/peer") == "unix:@");
    }
    CHECK_FALSE(std::filesystem::exists(listener_path));
}

TEST_CASE("an IPv6 listener in front of an IPv6 backend", "[scenarios][addresses]") {
    FakeBackend backend{serve(ok("by IPv6")), std::string("[::1]")};
    const Balancer balancer{{.backends = {backend.address()}, .listener = "bind = \"[::1]:0\""}};
    Client client = Client::over_ipv6(balancer.port());
    REQUIRE(client.is_connected());
    CHECK(client.get("/").body == "by IPv6");
    CHECK(backend.requests()[0].field("X-Forwarded-For") == "::1");
    CHECK(balancer.wait_for_access_log(1)[0].at("/peer").starts_with("[::1]:"));
}

TEST_CASE("\":0\" listens on IPv6 and IPv4, and knows IPv4 clients as such",
          "[scenarios][addresses]") {
    PlainBackend backend{"both"};
    const Balancer balancer{{.backends = {backend.address()},
                             .listener = "bind = \":0\"\ntrusted_proxies = [\"127.0.0.0/8\"]"}};
    CHECK(Client::over_ipv6(balancer.port()).get("/").body == "both");
    CHECK(Client(balancer.port()).get("/", "X-Forwarded-For: 9.9.9.9\r\n").body == "both");
    CHECK(backend.requests()[0].field("X-Forwarded-For") == "::1");
    CHECK(backend.requests()[1].field("X-Forwarded-For") == "9.9.9.9, 127.0.0.1");
    CHECK(balancer.wait_for_access_log(2)[1].at("/client") == "9.9.9.9");
}

TEST_CASE("a backend's name is tried address by address", "[scenarios][addresses]") {
    PlainBackend backend{"by name"};
    const Balancer balancer{{.backends = {"localhost:" + std::to_string(backend.port())}}};
    CHECK(get(balancer.port(), "/").body == "by name");
}

TEST_CASE("several addresses and listeners serve side by side", "[scenarios][addresses]") {
    PlainBackend a{"a"};
    PlainBackend b{"b"};
    const Balancer balancer{{.backends = {a.address()},
                             .more = "[listener.other]\nbind = \"127.0.0.1:0\"\npool = \"other\"\n"
                                     "[pool.other]\nbackends = [\"" +
                                     b.address() + "\"]"}};
    CHECK(get(balancer.port("web"), "/").body == "a");
    CHECK(get(balancer.port("other"), "/").body == "b");
}

}  // namespace fairlead::scenarios
