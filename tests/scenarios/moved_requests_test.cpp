// Requests that wait for a backend which goes down meanwhile are moved, where that is safe.
#include <linux/filter.h>
#include <sys/socket.h>

#include <atomic>
#include <string>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kRequest = "GET / HTTP/1.1\r\nHost: t\r\n\r\n";
constexpr const char* kPost = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\ndata";

/// Answers its checks while `is_well`, and anything else when the gate opens.
FakeBackend::Script stuck(const std::atomic<bool>& is_well, Gate& gate) {
    return serve([&](const Message& request) -> std::string {
        if (request.target() != "/healthz") {
            gate.wait();
            return ok("late");
        }
        return is_well ? ok("fine") : "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
    });
}

const std::string kPool =
    "policy = \"first\"\n"
    "check = { http = \"GET /healthz\", every = \"50ms\", timeout = \"50ms\", fall = 1 }\n";

/// The peer's system acknowledges nothing that is sent to this socket from now on.
void swallow_everything(int descriptor) {
    sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    const sock_fprog program{1, nothing};
    REQUIRE(::setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
}

}  // namespace

TEST_CASE("a GET that waits is answered by another backend when its own goes down",
          "[scenarios][moved]") {
    Gate gate;
    std::atomic<bool> is_well = true;
    FakeBackend first{stuck(is_well, gate)};
    PlainBackend second{"second"};
    const Balancer balancer{{.backends = {first.address(), second.address()}, .pool = kPool}};
    Client client{balancer.port()};
    client.send(kRequest);
    REQUIRE(eventually([&] {
        return balancer.metric("fairlead_backend_in_flight{pool=\"app\",backend=\"" +
                               first.address() + "\"}") == 1;
    }));
    is_well = false;
    CHECK(client.read_response().body == "second");
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/attempts/0/backend") == first.address());
    CHECK(line.at("/attempts/0/reason") == "backend_down");
    CHECK(line.at("/attempts/1/backend") == second.address());
    CHECK(line.at("/failure") == "none");
    gate.open();
}

TEST_CASE("a POST that its backend may be executing waits on, and gets its answer",
          "[scenarios][moved]") {
    Gate gate;
    std::atomic<bool> is_well = true;
    FakeBackend first{stuck(is_well, gate)};
    PlainBackend second{"second"};
    const Balancer balancer{{.backends = {first.address(), second.address()}, .pool = kPool}};
    Client client{balancer.port()};
    client.send(kPost);
    REQUIRE(eventually([&] {
        return balancer.metric("fairlead_backend_in_flight{pool=\"app\",backend=\"" +
                               first.address() + "\"}") == 1;
    }));
    is_well = false;
    REQUIRE(eventually([&] { return balancer.status("/pools/0/backends/0/state") == "down"; }));
    CHECK(get(balancer.port(), "/").body == "second");
    gate.open();
    CHECK(client.read_response().body == "late");
    const std::vector<Message> seen = second.requests();
    CHECK(std::none_of(seen.begin(), seen.end(), [](const Message& request) {
        return request.start_line().starts_with("POST");
    }));
}

TEST_CASE("when nobody else is there a request waits on", "[scenarios][moved]") {
    Gate gate;
    std::atomic<bool> is_well = true;
    FakeBackend only{stuck(is_well, gate)};
    const Balancer balancer{{.backends = {only.address()}, .pool = kPool}};
    Client client{balancer.port()};
    client.send(kRequest);
    REQUIRE(eventually([&] {
        return balancer.metric("fairlead_backend_in_flight{pool=\"app\",backend=\"" +
                               only.address() + "\"}") == 1;
    }));
    is_well = false;
    REQUIRE(eventually([&] { return balancer.status("/pools/0/backends/0/state") == "down"; }));
    gate.open();
    CHECK(client.read_response().body == "late");
}

TEST_CASE("a connection that is still being made is made elsewhere", "[scenarios][moved]") {
    const bool is_tcp = GENERATE(false, true);
    const SilentAddress silent;
    PlainBackend second{"second"};
    // Up at first; down when its checks have failed for two seconds.
    const Balancer balancer{
        {.backends = {silent.address(), second.address()},
         .pool = "policy = \"first\"\ntimeouts = { connect = \"30s\" }\n"
                 "check = { tcp = true, every = \"20ms\", every_changing = \"20ms\", "
                 "timeout = \"20ms\", fall = 100, init = \"up\" }",
         .listener = is_tcp ? "mode = \"tcp\"" : ""}};
    Client client{balancer.port()};
    client.send(kPost);  // nothing of it can have got there
    CHECK(client.read_response().body == "second");
    client.close();
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/attempts/0/reason") == "backend_down");
    CHECK(line.at("/attempts/1/backend") == second.address());
}

TEST_CASE("a backend whose system is gone shows before the response's time is over",
          "[scenarios][moved]") {
    FakeBackend hole{[](Peer& peer) {
        if (peer.number == 0) {
            peer.read_request();
            peer.send(ok("there"));
            swallow_everything(peer.descriptor());
        }
        peer.read_to_end();
    }};
    PlainBackend second{"second"};
    const Balancer balancer{
        {.backends = {hole.address(), second.address()},
         .pool = "policy = \"first\"\ntimeouts = { connect = \"200ms\", response = \"60s\" }"}};
    Client client{balancer.port()};
    REQUIRE(client.get("/").body == "there");
    CHECK(client.get("/").body == "second");
    const JsonText line = balancer.wait_for_access_log(2).back();
    CHECK(line.at("/attempts/0/reason") == "backend_reset");
}

}  // namespace fairlead::scenarios
