// Listeners with mode "tcp": bytes both ways, whatever they are.
#include <signal.h>

#include <atomic>
#include <string>
#include <thread>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kTcpMode = "mode = \"tcp\"";

/// Says who it is, sends back what comes, and says goodbye when the other end has closed.
FakeBackend::Script echo_session(std::string name = "") {
    return [name = std::move(name)](Peer& peer) {
        if (!name.empty()) peer.send(name);
        for (std::string bytes = peer.read_some(); !bytes.empty(); bytes = peer.read_some()) {
            peer.send(bytes);
        }
        peer.send("goodbye");
    };
}

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kPieces = 800;  // 50 MiB

double active(const Balancer& balancer, const std::string& backend) {
    return balancer.metric("fairlead_backend_connections{pool=\"app\",backend=\"" + backend +
                           "\",state=\"active\"}");
}

}  // namespace

TEST_CASE("a session carries bytes both ways and a half-close", "[scenarios][tcp]") {
    FakeBackend backend{echo_session()};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kTcpMode}};
    Client client{balancer.port()};
    for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, std::size_t{200'000}}) {
        const std::string bytes(size, 'e');
        client.send(bytes);
        CHECK(client.read_exactly(size) == bytes);
    }
    CHECK(balancer.status("/listeners/0/mode") == "tcp");
    CHECK(balancer.metric("fairlead_connections{listener=\"web\"}") == 1);
    CHECK(balancer.status("/pools/0/backends/0/in_flight") == "1");
    CHECK(active(balancer, backend.address()) == 1);
    client.close_writing();
    CHECK(client.read_to_end() == "goodbye");
    CHECK(client.ending() == Ending::Closed);

    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/proto") == "tcp");
    CHECK(line.at("/listener") == "web");
    CHECK(line.at("/client") == "127.0.0.1");
    CHECK(line.at("/peer") == "127.0.0.1:" + std::to_string(client.own_port()));
    CHECK(line.at("/method").empty());
    CHECK(line.at("/status") == "0");
    CHECK(line.at("/failure") == "none");
    CHECK(line.at("/pool") == "app");
    CHECK(line.at("/backend") == backend.address());
    CHECK(line.at("/attempts/0/reason") == "none");
    CHECK(line.at("/bytes_in") == "201001");
    CHECK(line.at("/bytes_out") == "201008");
    CHECK(balancer.metric("fairlead_connections_total{listener=\"web\"}") == 1);
    CHECK(balancer.metric("fairlead_bytes_total{listener=\"web\",direction=\"in\"}") == 201'001);
    CHECK(eventually([&] { return active(balancer, backend.address()) == 0; }));
    CHECK(balancer.status("/pools/0/backends/0/in_flight") == "0");
}

TEST_CASE("a backend that speaks first is heard before the client says anything",
          "[scenarios][tcp]") {
    FakeBackend backend{echo_session("220 ready\r\n")};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kTcpMode}};
    Client client{balancer.port()};
    CHECK(client.read_exactly(11) == "220 ready\r\n");
}

TEST_CASE("a session in which nothing moves ends after tunnel_idle", "[scenarios][tcp]") {
    FakeBackend backend{hold};
    const Balancer balancer{
        {.backends = {backend.address()},
         .listener = std::string(kTcpMode) + "\ntimeouts = { tunnel_idle = \"200ms\" }"}};
    Client client{balancer.port()};
    client.read_to_end();
    CHECK(client.ending() != Ending::Open);
    CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "client_timeout");
}

TEST_CASE("a client that reads slowly holds its backend", "[scenarios][tcp][large]") {
    std::atomic<std::size_t> sent = 0;
    FakeBackend backend{[&](Peer& peer) {
        const std::string block(kPieceBytes, 'x');
        for (std::size_t number = 0; number < kPieces && peer.send(block); ++number) {
            sent += block.size();
        }
    }};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kTcpMode}};
    Client client = Client::with_small_buffer(balancer.port());
    REQUIRE(comes_to_rest(sent));
    CHECK(sent < kPieces * kPieceBytes / 2);
    CHECK(balancer.memory_peak_kib() < 40 * 1024);
    client.forget_received();
    CHECK(client.read_exactly(kPieces * kPieceBytes).size() == kPieces * kPieceBytes);
    CHECK(client.read_to_end().empty());
    CHECK(client.ending() == Ending::Closed);
}

TEST_CASE("a backend that reads slowly holds its client", "[scenarios][tcp][large]") {
    Gate read_on;
    FakeBackend backend{[&](Peer& peer) {
        read_on.wait();
        peer.forget_received();
        peer.send(std::to_string(peer.read_exactly(kPieces * kPieceBytes).size()));
    }};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kTcpMode}};
    Client client{balancer.port()};
    std::atomic<std::size_t> sent = 0;
    std::thread sender([&] {
        const std::string block(kPieceBytes, 'x');
        for (std::size_t number = 0; number < kPieces && client.send(block); ++number) {
            sent += block.size();
        }
    });
    CHECK(comes_to_rest(sent));
    CHECK(sent < kPieces * kPieceBytes / 2);
    CHECK(balancer.memory_peak_kib() < 40 * 1024);
    read_on.open();
    sender.join();
    CHECK(client.read_to_end() == std::to_string(kPieces * kPieceBytes));
}

TEST_CASE("the sessions of a killed backend end, new ones go elsewhere", "[scenarios][tcp]") {
    Gate kill;
    FakeBackend dying{[&](Peer& peer) {
        peer.send("dying");
        kill.wait();
        peer.reset();
    }};
    FakeBackend other{echo_session("other")};
    const Balancer balancer{{.backends = {dying.address(), other.address()},
                             .pool = "policy = \"first\"",
                             .listener = kTcpMode}};
    Client client{balancer.port()};
    CHECK(client.read_exactly(5) == "dying");
    dying.stop_listening();
    kill.open();
    CHECK(client.read_to_end().empty());
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/failure") == "backend_reset");
    CHECK(line.at("/attempts/0/reason") == "backend_reset");
    Client next{balancer.port()};
    CHECK(next.read_exactly(5) == "other");
    CHECK(balancer.metric("fairlead_backend_failures_total{pool=\"app\",backend=\"" +
                          dying.address() + "\",failure=\"backend_reset\"}") == 1);
    CHECK(balancer.metric("fairlead_failures_total{listener=\"web\",pool=\"app\","
                          "failure=\"backend_reset\"}") == 1);
}

TEST_CASE("max_in_flight bounds sessions, others wait in the queue", "[scenarios][tcp][queue]") {
    FakeBackend backend{echo_session("hello")};
    const Balancer balancer{{.backends = {backend.address()},
                             .pool = "max_in_flight = 1\nqueue = { wait = \"10s\", size = 1 }",
                             .listener = kTcpMode}};
    Client first{balancer.port()};
    CHECK(first.read_exactly(5) == "hello");
    Client second{balancer.port()};
    second.send("early");
    REQUIRE(
        eventually([&] { return balancer.metric("fairlead_queue_length{pool=\"app\"}") == 1; }));
    SECTION("and get their turn, with what they have said by then") {
        first.close();
        CHECK(second.read_exactly(10) == "helloearly");
        CHECK(std::stod(balancer.wait_for_access_log(1).front().at("/ms/total")) > 0);
    }
    SECTION("one that closes its half while it waits is served all the same") {
        second.close_writing();
        first.close();
        CHECK(second.read_to_end() == "helloearlygoodbye");
    }
    SECTION("beyond its size they are turned away") {
        Client third{balancer.port()};
        CHECK(third.read_to_end().empty());
        CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "queue_full");
    }
    SECTION("one that leaves is out at once") {
        second.reset();
        CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "client_closed");
        CHECK(balancer.metric("fairlead_queue_length{pool=\"app\"}") == 0);
    }
    CHECK(backend.connections() <= 2);
}

TEST_CASE("a session that waits too long for a backend is closed", "[scenarios][tcp][queue]") {
    FakeBackend backend{echo_session("hello")};
    const Balancer balancer{{.backends = {backend.address()},
                             .pool = "max_in_flight = 1\nqueue = { wait = \"100ms\" }",
                             .listener = kTcpMode}};
    Client first{balancer.port()};
    CHECK(first.read_exactly(5) == "hello");
    Client second{balancer.port()};
    CHECK(second.read_to_end().empty());
    CHECK(second.ending() == Ending::Closed);
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/failure") == "queue_timeout");
    CHECK(std::stod(line.at("/ms/queue")) >= 100);
}

TEST_CASE("a reload keeps sessions, and they end under what they began with",
          "[scenarios][tcp][reload]") {
    FakeBackend old{echo_session("old")};
    FakeBackend now{echo_session("new")};
    Setup setup{.backends = {old.address()}, .listener = kTcpMode};
    Balancer balancer{setup};
    const std::uint16_t port = balancer.port();
    Client client{port};
    CHECK(client.read_exactly(3) == "old");
    setup.backends = {now.address()};
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    CHECK(Client(port).read_exactly(3) == "new");
    client.send("still here");
    CHECK(client.read_exactly(10) == "still here");
    CHECK(balancer.metric("fairlead_snapshots") == 2);
    client.close_writing();
    CHECK(client.read_to_end() == "goodbye");
    CHECK(balancer.wait_for_log("backend app/" + old.address() + ": drained"));
    CHECK(eventually([&] { return balancer.metric("fairlead_snapshots") == 1; }));
}

TEST_CASE("the sessions of a removed backend have the time of tunnels, then they are ended",
          "[scenarios][tcp][reload]") {
    FakeBackend old{echo_session("old")};
    FakeBackend now{echo_session("new")};
    Setup setup{.backends = {old.address()},
                .listener = kTcpMode,
                .process = "drain = { requests = \"1ms\", tunnels = \"400ms\" }"};
    Balancer balancer{setup};
    Client client{balancer.port()};
    CHECK(client.read_exactly(3) == "old");
    setup.backends = {now.address()};
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    client.send("x");
    CHECK(client.read_exactly(1) == "x");
    CHECK(client.read_to_end().empty());
    CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "drained");
}

TEST_CASE("a listener that changes its mode serves on the same socket",
          "[scenarios][tcp][reload]") {
    PlainBackend backend{"done"};
    Setup setup{.backends = {backend.address()}, .listener = kTcpMode};
    Balancer balancer{setup};
    const std::uint16_t port = balancer.port();
    Client session{port};
    CHECK(session.get("/").body == "done");
    setup.listener.clear();
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    CHECK(balancer.status("/listeners/0/mode") == "http");
    Client client{port};
    CHECK(client.get("/").field("Via") == "1.1 fairlead");
    CHECK_FALSE(session.get("/").has("Via"));  // what has begun as a session stays one
    setup.listener = kTcpMode;
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
    CHECK_FALSE(Client(port).get("/").has("Via"));
}

TEST_CASE("stopping lets sessions end in the time of tunnels", "[scenarios][tcp]") {
    FakeBackend backend{echo_session("hello")};
    Balancer balancer{{.backends = {backend.address()},
                       .listener = kTcpMode,
                       .process = "stop = { requests = \"1ms\", tunnels = \"10s\" }"}};
    Client client{balancer.port()};
    CHECK(client.read_exactly(5) == "hello");
    balancer.signal(SIGTERM);
    REQUIRE(balancer.wait_for_log("listeners close"));
    REQUIRE(balancer.wait_for_log("time is up for requests"));
    client.send("last words");
    CHECK(client.read_exactly(10) == "last words");
    client.close_writing();
    CHECK(client.read_to_end() == "goodbye");
    CHECK(balancer.wait_for_exit() == 0);
}

}  // namespace fairlead::scenarios
