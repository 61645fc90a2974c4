// `reload --confirm`: a configuration that nobody confirms goes back by itself.
#include <signal.h>

#include <string>

#include "tests/scenarios/support/command.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

struct Confirmed {
    std::string file(const PlainBackend& backend) const {
        return config({.backends = {backend.address()}});
    }
    CommandResult run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"--admin", balancer.control_socket()});
        return run_command(std::move(arguments));
    }
    /// Puts a file in force that nobody confirms, and waits until it has gone back.
    void let_go_back(const PlainBackend& backend) const {
        balancer.change_config(file(backend));
        REQUIRE(run({"reload", "--confirm", "1s"}).code == 0);
        REQUIRE(balancer.wait_for_log("nobody confirmed generation 2: going back"));
        REQUIRE(balancer.wait_for_log("generation 3 is in force (not confirmed in time)"));
    }
    std::string answer() const { return get(balancer.port(), "/").body; }
    std::string plan() const {
        return JsonText(balancer.steer("GET", "/api/v1/plan").body).at("/notes");
    }

    PlainBackend a{"a"};
    PlainBackend b{"b"};
    PlainBackend c{"c"};
    Balancer balancer{{.backends = {a.address()}}};
};

}  // namespace

TEST_CASE("what nobody confirms goes back, and everything that shows it says so",
          "[scenarios][reload][confirm]") {
    const Confirmed it;
    it.let_go_back(it.b);
    CHECK(it.answer() == "a");
    CHECK(it.balancer.status("/config/file_differs") == "true");
    CHECK(it.balancer.status("/config/confirm_left") == "null");
    CHECK(it.balancer.status("/config/last_reload/trigger") == "not confirmed in time");
    CHECK(it.balancer.metric("fairlead_config_generation") == 3);
    CHECK(it.balancer.metric("fairlead_config_file_differs") == 1);
    CHECK(it.balancer.metric("fairlead_reloads_total{result=\"applied\"}") == 2);
    CHECK(it.plan().find("file differs from running: it was undone because nobody confirmed it") !=
          std::string::npos);
    CHECK(it.run({"confirm"}).code == 1);
}

TEST_CASE("a file that went back is not loaded again until it changes",
          "[scenarios][reload][confirm]") {
    Confirmed it;
    it.let_go_back(it.b);
    const CommandResult refused = it.run({"reload"});
    CHECK(refused.code == 1);
    CHECK(refused.err.find("is the file that was undone because nobody confirmed it\n"
                           "  change it, then reload\n") != std::string::npos);
    CHECK_FALSE(it.balancer.reload());
    CHECK(it.answer() == "a");

    it.balancer.change_config(it.file(it.c));
    CHECK(it.run({"reload"}).code == 0);
    CHECK(it.answer() == "c");
    CHECK(it.balancer.status("/config/file_differs") == "false");
    CHECK(it.plan() == "[]");

    // Another file has run meanwhile: that one is as good as any now.
    it.balancer.change_config(it.file(it.b));
    CHECK(it.run({"reload"}).code == 0);
    CHECK(it.answer() == "b");
}

TEST_CASE("of several that nobody confirms all go back, to what ran before the first",
          "[scenarios][reload][confirm]") {
    const Confirmed it;
    it.balancer.change_config(it.file(it.b));
    REQUIRE(it.run({"reload", "--confirm", "60s"}).code == 0);
    it.balancer.change_config(it.file(it.c));
    REQUIRE(it.run({"reload", "--confirm", "1s"}).code == 0);
    REQUIRE(it.balancer.wait_for_log("nobody confirmed generation 3: going back"));
    REQUIRE(it.balancer.wait_for_log("generation 4 is in force (not confirmed in time)"));
    CHECK(it.answer() == "a");
}

TEST_CASE("what a person has set stays when the file goes back", "[scenarios][reload][confirm]") {
    const Confirmed it;
    REQUIRE(it.run({"add", "app", it.c.address(), "--name", "added"}).code == 0);
    it.balancer.change_config(it.file(it.b));
    REQUIRE(it.run({"reload", "--confirm", "1s"}).code == 0);
    REQUIRE(it.balancer.wait_for_log("is in force (not confirmed in time)"));
    REQUIRE(it.run({"maintenance", "app/" + it.a.address()}).code == 0);
    CHECK(it.answer() == "c");
}

TEST_CASE("who stops while a reload waits to be confirmed stops as ever",
          "[scenarios][reload][confirm]") {
    Gate gate;
    FakeBackend slow{serve([&gate](const Message&) {
        gate.wait();
        return ok("slow");
    })};
    const PlainBackend before{"before"};
    Setup setup{.backends = {before.address()}};
    Balancer balancer{setup};
    const std::uint16_t port = balancer.port();
    setup.backends = {slow.address()};
    balancer.change_config(config(setup));
    const Message reloaded = balancer.steer("POST", "/api/v1/reload", "{\"confirm\":\"1s\"}");
    REQUIRE(reloaded.status() == 200);
    Client client{port};
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE(slow.wait_for_requests(1));
    balancer.signal(SIGTERM);
    REQUIRE(eventually([&] { return !Client(port).is_connected(); }));
    // The time to confirm runs out meanwhile: nothing is bound again.
    CHECK(eventually([&] { return balancer.status("/config/confirm_left") == "null"; }));
    CHECK_FALSE(Client(port).is_connected());
    gate.open();
    CHECK(client.read_response().body == "slow");
    CHECK(balancer.wait_for_exit() == 0);
    CHECK(balancer.log().find("going back") == std::string::npos);
}

}  // namespace fairlead::scenarios
