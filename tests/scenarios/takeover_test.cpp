// `run --takeover`: the next process goes on with the sockets of this one, and no client notices.
#include <signal.h>
#include <sys/stat.h>

#include <memory>
#include <string>

#include "tests/bench/test_origins.h"
#include "tests/scenarios/support/command.h"
#include "tests/scenarios/support/scenario.h"
#include "tests/scenarios/support/steady_load.h"
#include "tests/scenarios/support/tunnels.h"

namespace fairlead::scenarios {
namespace {

#ifdef FAIRLEAD_SANITIZED
constexpr double kRate = 100;
#else
constexpr double kRate = 500;
#endif

const std::vector<std::string> kTakeover{"--takeover"};

std::string loopback(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

/// Writes the addresses that the kernel chose into the file: there the next process finds them.
void pin(const Balancer& balancer, Setup& setup) {
    setup.listener += "\nbind = \"" + loopback(balancer.port()) + "\"";
    setup.admin += "\nbind = \"" + loopback(balancer.admin_port()) + "\"";
    balancer.change_config(config(setup));
}

ino_t inode(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

}  // namespace

TEST_CASE("under load nobody notices that one process follows another",
          "[scenarios][takeover][soak]") {
    struct Row {
        const char* what;
        unsigned workers[3];
    };
    const Row row =
        GENERATE(Row{"as many", {2, 2, 2}}, Row{"more", {1, 2, 3}}, Row{"fewer", {3, 2, 1}});
    CAPTURE(row.what);
    bench::TestOrigins origins{2};
    Setup setup{.backends = {origins.address(0).text(), origins.address(1).text()},
                .pool =
                    "check = { http = \"GET /healthz\", every = \"500ms\", "
                    "timeout = \"400ms\", fall = 100 }",
                .more = "[log]\naccess = \"off\"\n"};
    const auto set_workers = [&](unsigned count) {
        setup.process = "workers = " + std::to_string(count);
    };
    set_workers(row.workers[0]);
    auto present = std::make_unique<Balancer>(setup);
    const std::uint16_t port = present->port();
    const std::uint16_t admin = present->admin_port();
    pin(*present, setup);

    SteadyLoad kept{port, {.is_closed = true, .connections = 6, .counts_executions = true}};
    SteadyLoad brief{port, {.rate = kRate, .connections = 16, .per_connection = 1}};
    for (const unsigned workers : {row.workers[1], row.workers[2]}) {
        set_workers(workers);
        present->change_config(config(setup));
        // Some requests before, some between.
        const std::string series =
            "fairlead_requests_total{listener=\"web\",route=\"default\",pool=\"app\",class="
            "\"2xx\"}";
        REQUIRE(eventually([&] { return present->metric(series) >= 100; }));
        std::unique_ptr<Balancer> next(new Balancer(present->next(kTakeover)));
        REQUIRE(next->wait_until_serving());
        CHECK(next->port() == port);
        CHECK(next->admin_port() == admin);
        CHECK(present->wait_for_exit() == 0);
        CHECK(present->log().find("the time for") == std::string::npos);
        present = std::move(next);
        CHECK(present->metric("fairlead_workers") == workers);
        CHECK(present->status("/pools/0/backends/0/state") == "up");
        REQUIRE(eventually([&] { return present->metric(series) >= 100; }));
    }
    for (SteadyLoad* const load : {&kept, &brief}) {
        CAPTURE(load == &kept);
        const LoadOutcome outcome = load->stop();
        CHECK(outcome.failures == "");
        CHECK(outcome.failed == 0);
        CHECK(outcome.ok > 0);
        CHECK(outcome.duplicated == 0);
        CHECK(outcome.lost == 0);
    }
}

TEST_CASE("a tunnel lives on in the old process until it ends by itself", "[scenarios][takeover]") {
    FakeBackend echo{echo_for_good};
    Setup setup{.backends = {echo.address()}};
    Balancer old{setup};
    Tunnels tunnels{old.port(), "/", 5};
    pin(old, setup);
    const Balancer now = old.next(kTakeover);
    REQUIRE(now.wait_until_serving());
    REQUIRE(old.wait_for_log("this one drains"));
    const std::uint64_t echoes = tunnels.echoes();
    CHECK(eventually([&] { return tunnels.echoes() > echoes + 5; }));
    CHECK(tunnels.close() == 0);
    CHECK(old.wait_for_exit() == 0);
}

TEST_CASE("a unix socket and the control socket stay where they are", "[scenarios][takeover]") {
    PlainBackend backend{"done"};
    const TemporaryDirectory folder;
    const std::string path = folder.path() + "/web.sock";
    Balancer old{{.backends = {backend.address()}, .listener = "bind = \"unix:" + path + "\""}};
    Client kept = Client::over_unix(path);
    CHECK(kept.get("/").body == "done");
    const ino_t file = inode(path);
    const ino_t control_file = inode(old.control_socket());
    const Balancer now = old.next(kTakeover);
    REQUIRE(now.wait_until_serving());
    CHECK(old.wait_for_exit() == 0);
    CHECK(inode(path) == file);
    CHECK(inode(now.control_socket()) == control_file);
    CHECK(Client::over_unix(path).get("/").body == "done");
    CHECK(now.steer("GET", "/api/v1/status").status() == 200);
}

TEST_CASE("what people have set goes over, without a state file", "[scenarios][takeover]") {
    PlainBackend a{"a"};
    PlainBackend b{"b"};
    Setup setup{.backends = {a.address(), b.address()}};
    Balancer old{setup};
    pin(old, setup);
    REQUIRE(run_command({"drain", "app/" + a.address(), "--admin", old.control_socket()}).code ==
            0);
    const Balancer now = old.next(kTakeover);
    REQUIRE(now.wait_until_serving());
    CHECK(old.wait_for_exit() == 0);
    CHECK(now.status("/pools/0/backends/0/state") == "draining");
    CHECK(get(now.port(), "/").body == "b");
}

TEST_CASE("a next process that is killed before it is ready changes nothing",
          "[scenarios][takeover]") {
    PlainBackend backend{"done"};
    FakeBackend silent{hold};
    Setup setup{.backends = {backend.address()}};
    Balancer old{setup};
    const std::uint16_t port = old.port();
    pin(old, setup);
    const std::string usable = config(setup);
    // Its first round of checks does not end before this test does.
    setup.pool = "check = { http = \"GET /\", every = \"60s\", timeout = \"50s\" }";
    setup.backends = {silent.address()};
    old.change_config(config(setup));
    {
        Balancer next = old.next(kTakeover);
        REQUIRE(silent.wait_for_connections(1));
        // Meanwhile nobody may change what it would not know of.
        const Message refused = old.steer("POST", "/api/v1/reload", "{}");
        CHECK(refused.status() == 422);
        CHECK(refused.body.find("another process is taking over") != std::string::npos);
        next.signal(SIGKILL);
        CHECK(next.wait_for_exit() == 128 + SIGKILL);
    }
    REQUIRE(old.wait_for_log("takeover: came to nothing, this process serves on: "));
    CHECK(get(port, "/").body == "done");
    CHECK(old.admin("/ready").status() == 200);
    PlainBackend other{"other"};
    old.change_config(config({.backends = {other.address()}}));
    CHECK(old.reload());
    CHECK(get(port, "/").body == "other");

    // And the next one may try.
    old.change_config(usable);
    const Balancer next = old.next(kTakeover);
    REQUIRE(next.wait_until_serving());
    CHECK(old.wait_for_exit() == 0);
    CHECK(get(port, "/").body == "done");
}

TEST_CASE("a next process that cannot start changes nothing", "[scenarios][takeover]") {
    PlainBackend backend{"done"};
    Setup setup{.backends = {backend.address()}};
    const Balancer old{setup};
    const std::uint16_t port = old.port();
    pin(old, setup);
    SECTION("its file is broken") {
        old.change_config("[listener.web]\nbind = 8080\n");
        Balancer next = old.next(kTakeover);
        CHECK(next.wait_for_exit() == 2);
        CHECK(old.log().find("takeover") == std::string::npos);
    }
    SECTION("an address is taken") {
        setup.more = "[listener.taken]\nbind = \"" + backend.address() + "\"\npool = \"app\"\n";
        old.change_config(config(setup));
        Balancer next = old.next(kTakeover);
        CHECK(next.wait_for_exit() == 1);
        CHECK(next.wait_for_log(backend.address()));
        CHECK(old.wait_for_log("takeover: came to nothing, this process serves on: "));
    }
    CHECK(get(port, "/").body == "done");
    CHECK(old.steer("GET", "/api/v1/status").status() == 200);
}

TEST_CASE("what a reload waits to have confirmed is not taken over", "[scenarios][takeover]") {
    PlainBackend a{"a"};
    PlainBackend b{"b"};
    Balancer old{{.backends = {a.address()}}};
    const std::uint16_t port = old.port();
    Setup setup{.backends = {b.address()}};
    old.change_config(config(setup));
    REQUIRE(old.steer("POST", "/api/v1/reload", "{\"confirm\":\"60s\"}").status() == 200);
    pin(old, setup);
    Balancer early = old.next(kTakeover);
    CHECK(early.wait_for_exit() == 1);
    CHECK(early.wait_for_log("waits to be confirmed"));
    REQUIRE(old.steer("POST", "/api/v1/confirm", "{}").status() == 200);
    const Balancer next = old.next(kTakeover);
    REQUIRE(next.wait_until_serving());
    CHECK(old.wait_for_exit() == 0);
    CHECK(get(port, "/").body == "b");
}

}  // namespace fairlead::scenarios
