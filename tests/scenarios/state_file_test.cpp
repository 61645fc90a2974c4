// `state_file`: what people have set and what checks have found outlives the process.
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/scenarios/support/command.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Kept {
    std::string state_file() const { return folder.path() + "/state.json"; }
    CommandResult run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"--admin", balancer.control_socket()});
        return run_command(std::move(arguments));
    }
    void steer() const {
        REQUIRE(run({"drain", "app/" + a.address()}).code == 0);
        REQUIRE(run({"weight", "app/" + b.address(), "3"}).code == 0);
        REQUIRE(run({"add", "app", c.address(), "--name", "added"}).code == 0);
    }
    void check_steered(const Balancer& later) const {
        CHECK(later.status("/pools/0/backends/0/state") == "draining");
        CHECK(later.status("/pools/0/backends/1/weight") == "3");
        CHECK(later.status("/pools/0/backends/1/override/file_weight") == "1");
        CHECK(later.status("/pools/0/backends/2/name") == "added");
        CHECK(later.status("/pools/0/backends/2/override/added") == "true");
    }

    TemporaryDirectory folder;
    PlainBackend a{"a"};
    PlainBackend b{"b"};
    PlainBackend c{"c"};
    Balancer balancer{{.backends = {a.address(), b.address()},
                       .process = "state_file = \"" + folder.path() + "/state.json\""}};
};

}  // namespace

TEST_CASE("what people have set outlives TERM", "[scenarios][state]") {
    Kept it;
    it.steer();
    it.balancer.signal(SIGTERM);
    CHECK(it.balancer.wait_for_exit() == 0);
    const Balancer later = it.balancer.next();
    REQUIRE(later.wait_until_serving());
    it.check_steered(later);
    CHECK(get(later.port(), "/").body != "a");
}

TEST_CASE("what people have set outlives KILL once it is written", "[scenarios][state]") {
    Kept it;
    it.steer();
    REQUIRE(eventually(
        [&] { return content(it.state_file()).find(it.c.address()) != std::string::npos; }));
    it.balancer.signal(SIGKILL);
    CHECK(it.balancer.wait_for_exit() == 128 + SIGKILL);
    const Balancer later = it.balancer.next();
    REQUIRE(later.wait_until_serving());
    it.check_steered(later);
}

TEST_CASE("what ends before the next start stays so", "[scenarios][state]") {
    Kept it;
    it.steer();
    REQUIRE(it.run({"ready", "app/" + it.a.address()}).code == 0);
    REQUIRE(it.run({"weight", "app/" + it.b.address(), "1"}).code == 0);
    REQUIRE(it.run({"remove", "app/added"}).code == 0);
    it.balancer.signal(SIGTERM);
    CHECK(it.balancer.wait_for_exit() == 0);
    const Balancer later = it.balancer.next();
    REQUIRE(later.wait_until_serving());
    CHECK(later.status("/pools/0/backends/0/override") == "(none)");
    CHECK(later.status("/pools/0/backends/1/override") == "(none)");
    CHECK(later.status("/pools/0/backends/2") == "(none)");
}

TEST_CASE("health that is known is not waited for", "[scenarios][state]") {
    std::atomic<bool> is_silent = false;
    FakeBackend backend{[&is_silent](Peer& peer) {
        while (true) {
            const Message request = peer.read_request();
            if (!request.is_whole) return;
            if (is_silent && request.target() == "/healthz") return hold(peer);
            if (!peer.send(ok("done"))) return;
        }
    }};
    const TemporaryDirectory folder;
    Balancer balancer{
        {.backends = {backend.address()},
         .pool = "check = { http = \"GET /healthz\", every = \"60s\", timeout = \"50s\" }",
         .process = "state_file = \"" + folder.path() + "/state.json\""}};
    REQUIRE(eventually([&] { return balancer.status("/pools/0/backends/0/state") == "up"; }));
    balancer.signal(SIGTERM);
    CHECK(balancer.wait_for_exit() == 0);
    // Whoever waits for a check now waits longer than this test does.
    is_silent = true;
    const Balancer later = balancer.next();
    REQUIRE(later.wait_until_serving());
    CHECK(later.status("/pools/0/backends/0/state") == "up");
    CHECK(later.status("/pools/0/backends/0/checks/passed") == "0");
    CHECK(get(later.port(), "/").body == "done");
}

TEST_CASE("a damaged file is set aside, and the balancer starts without it", "[scenarios][state]") {
    Kept it;
    it.steer();
    it.balancer.signal(SIGTERM);
    CHECK(it.balancer.wait_for_exit() == 0);
    const std::string whole = content(it.state_file());
    std::ofstream(it.state_file()) << whole.substr(0, whole.size() / 2);
    const Balancer later = it.balancer.next();
    REQUIRE(later.wait_until_serving());
    CHECK(later.status("/pools/0/backends/0/override") == "(none)");
    CHECK(later.log().find("state.json.damaged-") != std::string::npos);
    bool is_aside = false;
    for (const auto& each : std::filesystem::directory_iterator(it.folder.path())) {
        is_aside = is_aside || each.path().string().starts_with(it.state_file() + ".damaged-");
    }
    CHECK(is_aside);
}

}  // namespace fairlead::scenarios
