// HUP: the file is loaded again, and only what changed is touched.
#include <signal.h>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

FakeBackend::Script answering(std::string body) {
    return serve([body = std::move(body)](const Message&) { return ok(body); });
}

}  // namespace

TEST_CASE("a reload sends new requests to new backends", "[scenarios][reload]") {
    FakeBackend first{answering("first")};
    FakeBackend second{answering("second")};
    Setup setup{.backends = {first.address()}};
    Balancer balancer{setup};
    CHECK(get(balancer.port(), "/").body == "first");
    CHECK(balancer.status("/generation") == "1");

    setup.backends = {second.address()};
    const std::uint16_t port = balancer.port();
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    CHECK(get(port, "/").body == "second");
    CHECK(balancer.status("/generation") == "2");
    CHECK(balancer.status("/pools/0/backends/0/name") == second.address());
    CHECK(balancer.wait_for_log("+ backend app/" + second.address()));
    CHECK(balancer.wait_for_log("backend app/" + first.address() + ": drained"));
    CHECK(balancer.metric("fairlead_reloads_total{result=\"applied\"}") == 1);
}

TEST_CASE("a reload that changes nothing keeps the generation", "[scenarios][reload]") {
    FakeBackend backend{answering("done")};
    Balancer balancer{{.backends = {backend.address()}}};
    REQUIRE(balancer.reload());
    CHECK(balancer.status("/generation") == "1");
    CHECK(balancer.metric("fairlead_reloads_total{result=\"unchanged\"}") == 1);
}

TEST_CASE("a broken file changes nothing and says where it is wrong", "[scenarios][reload]") {
    FakeBackend backend{answering("done")};
    Balancer balancer{{.backends = {backend.address()}}};
    const std::uint16_t port = balancer.port();
    balancer.change_config("[listener.web]\nbind = 8080\n");
    CHECK_FALSE(balancer.reload());
    CHECK(balancer.wait_for_log("fairlead.toml:2:8: error: "));
    CHECK(balancer.wait_for_log("the running configuration (generation 1) is unchanged"));
    CHECK(get(port, "/").body == "done");
    CHECK(balancer.metric("fairlead_reloads_total{result=\"refused\"}") == 1);
}

TEST_CASE("an address that cannot be bound refuses the whole reload", "[scenarios][reload]") {
    FakeBackend backend{answering("done")};
    FakeBackend other{answering("other")};
    Setup setup{.backends = {backend.address()}};
    Balancer balancer{setup};
    const std::uint16_t port = balancer.port();
    setup.backends = {other.address()};
    setup.more = "[listener.taken]\nbind = \"" + other.address() + "\"\npool = \"app\"\n";
    balancer.change_config(config(setup));
    CHECK_FALSE(balancer.reload());
    CHECK(get(port, "/").body == "done");
    CHECK(balancer.status("/generation") == "1");
}

TEST_CASE("an access log that cannot be opened is told with its line", "[scenarios][reload]") {
    FakeBackend backend{answering("done")};
    const Setup setup{.backends = {backend.address()}};
    Balancer balancer{setup};
    const std::uint16_t port = balancer.port();
    balancer.change_config(
        "[log]\naccess = \"/nonexistent/access.log\"\n[listener.web]\nbind = \"127.0.0.1:" +
        std::to_string(port) + "\"\npool = \"app\"\n[pool.app]\nbackends = [\"" +
        backend.address() + "\"]\n");
    CHECK_FALSE(balancer.reload());
    CHECK(balancer.wait_for_log("fairlead.toml:2:10: error: cannot open the access log "));
    CHECK(get(port, "/").body == "done");
}

TEST_CASE("a kept connection goes on under the new configuration", "[scenarios][reload]") {
    FakeBackend first{answering("first")};
    FakeBackend second{answering("second")};
    Setup setup{.backends = {first.address()}};
    Balancer balancer{setup};
    Client client{balancer.port()};
    CHECK(client.get("/").body == "first");
    setup.backends = {second.address()};
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    CHECK(client.get("/").body == "second");
    CHECK(balancer.metric("fairlead_connections_total{listener=\"web\"}") == 1);
}

TEST_CASE("a request ends under the configuration it began with", "[scenarios][reload]") {
    Gate gate;
    FakeBackend old{serve([&gate](const Message&) {
        gate.wait();
        return ok("old");
    })};
    FakeBackend now{answering("new")};
    Setup setup{.backends = {old.address()}};
    Balancer balancer{setup};
    const std::uint16_t port = balancer.port();
    Client client{port};
    client.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(old.wait_for_requests(1));
    setup.backends = {now.address()};
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    CHECK(get(port, "/").body == "new");
    CHECK(balancer.metric("fairlead_snapshots") == 2);
    gate.open();
    CHECK(client.read_response().body == "old");
    CHECK(client.get("/").body == "new");
    CHECK(eventually([&] { return balancer.metric("fairlead_snapshots") == 1; }));
}

TEST_CASE("an unchanged backend keeps its connections, counters and health",
          "[scenarios][reload]") {
    FakeBackend backend{answering("done")};
    Setup setup{.backends = {backend.address()},
                .pool = "check = { http = \"GET /healthz\", every = \"1s\" }"};
    Balancer balancer{setup};
    const std::uint16_t port = balancer.port();
    CHECK(get(port, "/").body == "done");
    const std::string since = balancer.status("/pools/0/backends/0/since");
    const std::size_t connections = backend.connections();

    FakeBackend second{answering("done")};
    setup.backends = {backend.address(), "{ address = \"" + second.address() + "\", weight = 0 }"};
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    CHECK(balancer.status("/pools/0/backends/0/state") == "up");
    CHECK(balancer.status("/pools/0/backends/0/since") == since);
    CHECK(get(port, "/").body == "done");
    CHECK(balancer.status("/pools/0/backends/0/counters/requests/2xx") == "2");
    // the checks beside it make connections of their own, the second request did not
    CHECK(balancer.status("/pools/0/backends/0/counters/connects_ok") == "1");
    CHECK(backend.connections() >= connections);
}

TEST_CASE("a removed listener drains, one that stays keeps its socket", "[scenarios][reload]") {
    FakeBackend backend{answering("done")};
    Setup setup{.backends = {backend.address()},
                .more = "[listener.second]\nbind = \"127.0.0.1:0\"\npool = \"app\"\n"};
    Balancer balancer{setup};
    const std::uint16_t first = balancer.port();
    const std::uint16_t second = balancer.port("second");
    Client client{second};
    CHECK(client.get("/").body == "done");
    setup.more.clear();
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    // a client that has just been here is told with its next answer
    const Message last = client.get("/");
    CHECK(last.body == "done");
    CHECK(last.field("Connection") == "close");
    CHECK(eventually([&] { return !Client(second).is_connected(); }));
    CHECK(get(first, "/").body == "done");
    CHECK(balancer.wait_for_log("listener second: drained"));
    CHECK(balancer.metric("fairlead_connections_total{listener=\"second\"}") == 0);

    setup.more = "[listener.second]\nbind = \"127.0.0.1:0\"\npool = \"app\"\n";
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    CHECK(balancer.metric("fairlead_connections_total{listener=\"second\"}") == 1);
}

TEST_CASE("what is removed has the time for draining, then ends", "[scenarios][reload]") {
    Gate gate;
    FakeBackend old{serve([&gate](const Message&) {
        gate.wait();
        return ok("old");
    })};
    FakeBackend now{answering("new")};
    Setup setup{.backends = {old.address()},
                .process = "drain = { requests = \"200ms\", tunnels = \"200ms\" }"};
    Balancer balancer{setup};
    Client client{balancer.port()};
    client.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(old.wait_for_requests(1));
    setup.backends = {now.address()};
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    const Message answer = client.read_response();
    CHECK(answer.status() == 503);
    CHECK(answer.field("X-Fairlead-Failure") == "drained");
    gate.open();
}

TEST_CASE("who waits in the queue of the old configuration gets its turn", "[scenarios][reload]") {
    Gate gate;
    FakeBackend backend{serve([&gate](const Message&) {
        gate.wait();
        return ok("done");
    })};
    Setup setup{.backends = {backend.address()}, .pool = "max_in_flight = 1"};
    Balancer balancer{setup};
    Client first{balancer.port()};
    Client second{balancer.port()};
    first.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(backend.wait_for_requests(1));
    second.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(eventually([&] { return balancer.status("/pools/0/queue_length") == "1"; }));
    setup.pool = "max_in_flight = 1\nqueue = { size = 10, wait = \"8s\" }";
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    gate.open();
    CHECK(first.read_response().body == "done");
    CHECK(second.read_response().body == "done");
}

}  // namespace fairlead::scenarios
