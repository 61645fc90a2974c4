// TCP sessions while what they run through changes: listeners leave and change their mode, backends
// drain, another process takes over.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "tests/scenarios/support/command.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kTcpListener = "mode = \"tcp\"";

/// Says who it is, then gives back what comes.
FakeBackend::Script echo_as(std::string name) {
    return [name = std::move(name)](Peer& peer) {
        peer.send(name);
        for (std::string bytes = peer.read_some(); !bytes.empty(); bytes = peer.read_some()) {
            peer.send(bytes);
        }
    };
}

bool goes_on(Client& session) {
    return session.send("still here") && session.read_exactly(10) == "still here";
}

/// Who serves a new session.
std::string greeting(std::uint16_t port) { return Client(port).read_exactly(3); }

std::string second_listener() {
    return "[listener.second]\nmode = \"tcp\"\nbind = \"127.0.0.1:0\"\npool = \"app\"\n";
}

void change(Balancer& balancer, const Setup& setup) {
    balancer.change_config(config(setup));
    REQUIRE(balancer.reload());
}

}  // namespace

TEST_CASE("the sessions of a removed listener have the time of tunnels, then they are ended",
          "[scenarios][tcp][reload]") {
    FakeBackend backend{echo_as("one")};
    Setup setup{.backends = {backend.address()},
                .process = "drain = { requests = \"1ms\", tunnels = \"500ms\" }",
                .more = second_listener()};
    Balancer balancer{setup};
    const std::uint16_t port = balancer.port("second");
    Client session{port};
    CHECK(session.read_exactly(3) == "one");
    setup.more.clear();
    change(balancer, setup);
    CHECK(eventually([&] { return !Client(port).is_connected(); }));
    CHECK(goes_on(session));
    CHECK(session.read_to_end().empty());
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/failure") == "drained");
    CHECK(line.at("/listener") == "second");
    CHECK(std::stod(line.at("/ms/total")) >= 500);
    CHECK(balancer.wait_for_log("listener second: the time for draining is up for tunnels"));
    CHECK(eventually([&] { return balancer.metric("fairlead_snapshots") == 1; }));
    CHECK(balancer.status("/pools/0/backends/0/in_flight") == "0");
}

TEST_CASE("a listener that comes back while it drains has nothing to do with its first life",
          "[scenarios][tcp][reload]") {
    FakeBackend backend{echo_as("one")};
    Setup setup{.backends = {backend.address()},
                .process = "drain = { tunnels = \"600ms\" }",
                .more = second_listener()};
    Balancer balancer{setup};
    Client first{balancer.port("second")};
    CHECK(first.read_exactly(3) == "one");
    setup.more.clear();
    change(balancer, setup);
    setup.more = second_listener();
    change(balancer, setup);
    CHECK(balancer.metric("fairlead_connections{listener=\"second\"}") == 1);
    const std::string address = balancer.status("/listeners/1/bind/0");
    Client second{static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)))};
    CHECK(second.read_exactly(3) == "one");
    SECTION("the first clients leave: that is all that drains") {
        CHECK(goes_on(first));
        first.close();
        CHECK(balancer.wait_for_log("listener second: drained"));
        CHECK(balancer.log().find("the time for draining") == std::string::npos);
    }
    SECTION("the first clients stay: only they are ended") {
        CHECK(first.read_to_end().empty());
        CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "drained");
    }
    CHECK(goes_on(second));
    CHECK(balancer.metric("fairlead_connections{listener=\"second\"}") == 1);
}

TEST_CASE("what was under way in another mode ends in it", "[scenarios][tcp][reload]") {
    Gate gate;
    FakeBackend backend{serve([&gate](const Message& request) {
        if (request.target() == "/slow") gate.wait();
        return ok("done");
    })};
    Setup setup{.backends = {backend.address()}};
    Balancer balancer{setup};
    const std::uint16_t port = balancer.port();
    Client request{port};
    request.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(backend.wait_for_requests(1));

    setup.listener = kTcpListener;
    change(balancer, setup);
    CHECK(balancer.status("/listeners/0/mode") == "tcp");
    Client session{port};
    CHECK_FALSE(session.get("/").has("Via"));
    gate.open();
    const Message answer = request.read_response();
    CHECK(answer.field("Via") == "1.1 fairlead");
    CHECK(answer.field("Connection") == "close");
    CHECK(request.wait_for_ending() == Ending::Closed);
    // The session is of the listener as it is now: the old one is done without it.
    CHECK(balancer.wait_for_log("listener web: drained"));

    setup.listener.clear();
    change(balancer, setup);
    CHECK(get(port, "/").field("Via") == "1.1 fairlead");
    CHECK_FALSE(session.get("/").has("Via"));
    session.close();
    CHECK(eventually([&] { return balancer.metric("fairlead_snapshots") == 1; }));
    CHECK(
        eventually([&] { return balancer.metric("fairlead_connections{listener=\"web\"}") == 0; }));
}

TEST_CASE("a drained backend keeps its sessions and gets no new ones",
          "[scenarios][tcp][steering]") {
    FakeBackend a{echo_as("one")};
    FakeBackend b{echo_as("two")};
    const Balancer balancer{{.backends = {a.address(), b.address()},
                             .pool = "policy = \"first\"",
                             .listener = kTcpListener}};
    const auto steer = [&](const std::string& verb) {
        return run_command({verb, "app/" + a.address(), "--admin", balancer.control_socket()}).code;
    };
    Client session{balancer.port()};
    CHECK(session.read_exactly(3) == "one");
    REQUIRE(steer("drain") == 0);
    for (int time = 0; time < 5; ++time) CHECK(greeting(balancer.port()) == "two");
    CHECK(goes_on(session));
    CHECK(balancer.status("/pools/0/backends/0/state") == "draining");
    CHECK(balancer.status("/pools/0/backends/0/in_flight") == "1");
    REQUIRE(steer("ready") == 0);
    CHECK(greeting(balancer.port()) == "one");
    CHECK(goes_on(session));
}

TEST_CASE("who waits while all its backends leave is served by those that come",
          "[scenarios][tcp][reload][queue]") {
    FakeBackend a{echo_as("one")};
    FakeBackend b{echo_as("two")};
    Setup setup{.backends = {a.address()},
                .pool = "max_in_flight = 1\nqueue = { wait = \"30s\" }",
                .listener = kTcpListener};
    Balancer balancer{setup};
    Client session{balancer.port()};
    CHECK(session.read_exactly(3) == "one");
    Client waiting{balancer.port()};
    waiting.send("early");
    REQUIRE(
        eventually([&] { return balancer.metric("fairlead_queue_length{pool=\"app\"}") == 1; }));
    setup.backends = {b.address()};
    change(balancer, setup);
    CHECK(waiting.read_exactly(8) == "twoearly");
    CHECK(goes_on(waiting));
    CHECK(goes_on(session));
    session.close();
    CHECK(balancer.wait_for_log("backend app/" + a.address() + ": drained"));
    CHECK(eventually([&] { return balancer.metric("fairlead_snapshots") == 1; }));
}

TEST_CASE("a takeover hands over tcp listeners, running sessions have the time of stopping",
          "[scenarios][tcp][takeover]") {
    FakeBackend backend{echo_as("one")};
    FakeBackend other{echo_as("two")};
    Setup setup{.backends = {backend.address()},
                .listener = kTcpListener,
                .process = "stop = { requests = \"1ms\", tunnels = \"1500ms\" }"};
    Balancer old{setup};
    const std::uint16_t port = old.port();
    Client stays{port};
    Client leaves{port};
    CHECK(stays.read_exactly(3) == "one");
    CHECK(leaves.read_exactly(3) == "one");
    setup.backends = {other.address()};
    setup.listener += "\nbind = \"127.0.0.1:" + std::to_string(port) + "\"";
    old.change_config(config(setup));

    const Balancer now = old.next({"--takeover"});
    REQUIRE(now.wait_until_serving());
    CHECK(now.port() == port);
    REQUIRE(old.wait_for_log("this one drains"));
    // The old process serves whom it has accepted before its listeners closed.
    std::optional<Client> session;
    REQUIRE(eventually([&] { return session.emplace(port).read_exactly(3) == "two"; }));
    CHECK(goes_on(stays));
    CHECK(goes_on(leaves));
    leaves.close();
    CHECK(stays.read_to_end().empty());
    CHECK(old.wait_for_exit() == 0);
    const std::vector<JsonText> lines = old.wait_for_access_log(2);
    CHECK(lines.back().at("/failure") == "drained");
    CHECK(std::all_of(lines.begin(), lines.end() - 1,
                      [](const JsonText& line) { return line.at("/failure") == "none"; }));
    CHECK(goes_on(*session));
    CHECK(now.metric("fairlead_connections{listener=\"web\"}") == 1);
}

}  // namespace fairlead::scenarios
