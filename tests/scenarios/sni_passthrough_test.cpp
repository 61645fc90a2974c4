// A TLS connection goes to the pool its ClientHello names, and is not touched.
#include "tests/net/hello_bytes.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

using net::test::hello_for;
using net::test::in_records;
using net::test::recorded_hello;

/// Says who it is and sends back what comes.
FakeBackend::Script named_echo(std::string name) {
    return [name = std::move(name)](Peer& peer) {
        peer.send(name);
        for (std::string bytes = peer.read_some(); !bytes.empty(); bytes = peer.read_some()) {
            peer.send(bytes);
        }
    };
}

struct Backends {
    FakeBackend db{named_echo("db")};
    FakeBackend apps{named_echo("ap")};
    FakeBackend rest{named_echo("re")};
};

/// Names for two pools, and a pool for the rest when `has_rest`.
Setup by_name(const Backends& backends, bool has_rest, std::string listener = "") {
    const auto pool = [](const std::string& name, const FakeBackend& backend) {
        return "[pool." + name + "]\nbackends = [\"" + backend.address() + "\"]\n";
    };
    return {.whole =
                "[process]\nworkers = 1\n[admin]\nbind = \"127.0.0.1:0\"\n"
                "[listener.web]\nbind = \"127.0.0.1:0\"\nmode = \"tcp\"\n"
                "sni = { \"db.example.com\" = \"db\", \"*.example.com\" = \"apps\" }\n" +
                std::string(has_rest ? "pool = \"rest\"\n" : "") + listener + "\n" +
                pool("db", backends.db) + pool("apps", backends.apps) +
                (has_rest ? pool("rest", backends.rest) : "")};
}

std::string answer_to(std::uint16_t port, const std::string& hello) {
    Client client{port};
    client.send(hello);
    return client.read_exactly(2 + hello.size());
}

std::string record(std::string_view name) { return in_records(hello_for(name)); }

}  // namespace

TEST_CASE("a connection goes where its server name says, with every byte of its hello",
          "[scenarios][tcp][sni]") {
    Backends backends;
    const Balancer balancer{by_name(backends, true)};
    const std::uint16_t port = balancer.port();
    std::size_t connections = 0;
    const auto check = [&](const std::string& hello, std::string_view pool, std::string_view host,
                           std::string_view route) {
        CHECK(answer_to(port, hello) == std::string(pool.substr(0, 2)) + hello);
        const JsonText line = balancer.wait_for_access_log(++connections).back();
        CHECK(line.at("/pool") == pool);
        CHECK(line.at("/host") == host);
        CHECK(line.at("/route") == route);
    };
    check(recorded_hello(), "db", "db.example.com", "db.example.com");
    check(record("DB.Example.com"), "db", "db.example.com", "db.example.com");
    check(record("a.example.com"), "apps", "a.example.com", "*.example.com");
    check(record("a.b.example.com"), "rest", "a.b.example.com", "default");
    check(in_records(net::test::Hello{}.message()), "rest", "", "default");
}

TEST_CASE("a hello may come byte by byte, and in many records", "[scenarios][tcp][sni]") {
    Backends backends;
    const Balancer balancer{by_name(backends, false)};
    Client client{balancer.port()};
    const std::string hello = in_records(hello_for("db.example.com"), 10);
    for (const char byte : hello) REQUIRE(client.send(std::string_view(&byte, 1)));
    CHECK(client.read_exactly(2 + hello.size()) == "db" + hello);
    client.send("and on");
    CHECK(client.read_exactly(6) == "and on");
}

TEST_CASE("a name that no row takes has nowhere to go without a pool", "[scenarios][tcp][sni]") {
    Backends backends;
    const Balancer balancer{by_name(backends, false)};
    Client client{balancer.port()};
    client.send(record("example.org"));
    CHECK(client.read_to_end().empty());
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/failure") == "no_route");
    CHECK(line.at("/host") == "example.org");
    CHECK(balancer.metric("fairlead_failures_total{listener=\"web\",pool=\"\","
                          "failure=\"no_route\"}") == 1);
}

TEST_CASE("what is no ClientHello is closed", "[scenarios][tcp][sni]") {
    Backends backends;
    const Balancer balancer{by_name(backends, true, "timeouts = { handshake = \"200ms\" }")};
    Client client{balancer.port()};
    SECTION("something else") {
        client.send("GET / HTTP/1.1\r\nHost: db.example.com\r\n\r\n");
        CHECK(client.read_to_end().empty());
        CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "tls_hello_bad");
    }
    SECTION("half of one, and no more in time") {
        client.send(record("db.example.com").substr(0, 40));
        CHECK(client.read_to_end().empty());
        CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "client_timeout");
    }
    SECTION("half of one, and the end") {
        client.send(record("db.example.com").substr(0, 40));
        client.close_writing();
        CHECK(client.read_to_end().empty());
        CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "client_closed");
    }
    CHECK(backends.db.connections() + backends.rest.connections() == 0);
}

}  // namespace fairlead::scenarios
