// A session whose backend cannot be reached goes to another one, as long as nothing was exchanged.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kByTcp = "mode = \"tcp\"";

FakeBackend::Script greet_by_tcp(std::string words) {
    return [words = std::move(words)](Peer& peer) {
        peer.send(words);
        hold(peer);
    };
}

}  // namespace

TEST_CASE("a session goes to another backend when one refuses", "[scenarios][tcp][retry]") {
    const RefusingAddress refusing;
    FakeBackend backend{greet_by_tcp("hello")};
    const Balancer balancer{{.backends = {refusing.address(), backend.address()},
                             .pool = "policy = \"first\"",
                             .listener = kByTcp}};
    {
        Client client{balancer.port()};
        CHECK(client.read_exactly(5) == "hello");
    }
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/failure") == "none");
    CHECK(line.at("/attempts/0/backend") == refusing.address());
    CHECK(line.at("/attempts/0/reason") == "connect_refused");
    CHECK(line.at("/attempts/1/backend") == backend.address());
    CHECK(line.at("/attempts/1/reason") == "none");
    CHECK(balancer.metric("fairlead_retries_total{pool=\"app\",reason=\"connect\"}") == 1);
    CHECK(balancer.metric("fairlead_backend_failures_total{pool=\"app\",backend=\"" +
                          refusing.address() + "\",failure=\"connect_refused\"}") == 1);
}

TEST_CASE("a session goes to another backend when one does not answer in time",
          "[scenarios][tcp][retry]") {
    const SilentAddress silent;
    FakeBackend backend{greet_by_tcp("hello")};
    const Balancer balancer{{.backends = {silent.address(), backend.address()},
                             .pool = "policy = \"first\"\ntimeouts = { connect = \"100ms\" }",
                             .listener = kByTcp}};
    Client client{balancer.port()};
    client.send("early");
    CHECK(client.read_exactly(5) == "hello");
    client.close();
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/attempts/0/reason") == "connect_timeout");
    CHECK(line.at("/bytes_in") == "5");
}

TEST_CASE("with retry off the first refusal is the last", "[scenarios][tcp][retry]") {
    const RefusingAddress refusing;
    FakeBackend backend{greet_by_tcp("hello")};
    const Balancer balancer{{.backends = {refusing.address(), backend.address()},
                             .pool = "policy = \"first\"\nretry = \"off\"",
                             .listener = kByTcp}};
    Client client{balancer.port()};
    CHECK(client.read_to_end().empty());
    CHECK(client.ending() == Ending::Closed);
    CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "connect_refused");
    CHECK(backend.connections() == 0);
}

TEST_CASE("when nobody can be reached the client is closed and the log says why",
          "[scenarios][tcp][retry]") {
    const RefusingAddress one;
    const RefusingAddress two;
    const Balancer balancer{{.backends = {one.address(), two.address()}, .listener = kByTcp}};
    Client client{balancer.port()};
    CHECK(client.read_to_end().empty());
    CHECK(client.ending() == Ending::Closed);
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/failure") == "connect_refused");
    CHECK(line.at("/backend").empty());
    CHECK(line.at("/attempts/1/reason") == "connect_refused");
    CHECK(balancer.metric("fairlead_failures_total{listener=\"web\",pool=\"app\","
                          "failure=\"connect_refused\"}") == 1);
    CHECK(balancer.metric("fairlead_connections{listener=\"web\"}") == 0);
}

TEST_CASE("with every backend down a session is closed at once", "[scenarios][tcp]") {
    const RefusingAddress one;
    const Balancer balancer{{.backends = {one.address()},
                             .pool = "check = { tcp = true, init = \"down\" }",
                             .listener = kByTcp}};
    Client client{balancer.port()};
    CHECK(client.read_to_end().empty());
    CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "no_backend");
}

TEST_CASE("nothing is repeated after a byte was exchanged", "[scenarios][tcp][retry]") {
    FakeBackend closing{[](Peer& peer) {
        peer.read_some();
        peer.reset();
    }};
    FakeBackend other{greet_by_tcp("hello")};
    const Balancer balancer{{.backends = {closing.address(), other.address()},
                             .pool = "policy = \"first\"",
                             .listener = kByTcp}};
    Client client{balancer.port()};
    client.send("once");
    CHECK(client.read_to_end().empty());
    CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "backend_reset");
    CHECK(other.connections() == 0);
}

TEST_CASE("a client stays with its backend under the policy hash", "[scenarios][tcp]") {
    FakeBackend one{greet_by_tcp("1")};
    FakeBackend two{greet_by_tcp("2")};
    const Balancer balancer{{.backends = {one.address(), two.address()},
                             .pool = "policy = \"hash\"\nhash = { key = \"client_ip\", bound = "
                                     "\"none\" }",
                             .listener = kByTcp}};
    const std::string first = Client(balancer.port()).read_exactly(1);
    for (int number = 0; number < 8; ++number) {
        CHECK(Client(balancer.port()).read_exactly(1) == first);
    }
}

}  // namespace fairlead::scenarios
