// The commands that steer, from the command line to the traffic.
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/scenarios/support/command.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

struct Steered {
    CommandResult run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"--admin", balancer.control_socket()});
        return run_command(std::move(arguments));
    }
    std::string name(const PlainBackend& backend) const { return "app/" + backend.address(); }
    /// Who answers ten requests.
    std::set<std::string> answers() const {
        std::set<std::string> bodies;
        for (int request = 0; request < 10; ++request) {
            bodies.insert(get(balancer.port(), "/").body);
        }
        return bodies;
    }

    PlainBackend a{"a"};
    PlainBackend b{"b"};
    Balancer balancer{{.backends = {a.address(), b.address()}, .pool = "policy = \"round_robin\""}};
};

using Bodies = std::set<std::string>;

}  // namespace

TEST_CASE("a drained backend gets nothing new until it is ready again", "[scenarios][steering]") {
    const Steered steered;
    const CommandResult drained = steered.run({"drain", steered.name(steered.a)});
    CHECK(drained.code == 0);
    CHECK(drained.err.empty());
    CHECK(drained.out.starts_with(steered.name(steered.a) + ": draining, weight 1, "));
    CHECK(steered.answers() == Bodies{"b"});
    CHECK(steered.run({"status"}).out.find(steered.name(steered.a) + "  draining") !=
          std::string::npos);
    CHECK(steered.run({"ready", steered.name(steered.a)}).code == 0);
    CHECK(steered.answers() == Bodies{"a", "b"});
    CHECK(steered.run({"maintenance", steered.name(steered.b)}).code == 0);
    CHECK(steered.answers() == Bodies{"a"});
}

TEST_CASE("a weight of 0 takes no new requests", "[scenarios][steering]") {
    const Steered steered;
    CHECK(steered.run({"weight", steered.name(steered.a), "0"}).code == 0);
    CHECK(steered.answers() == Bodies{"b"});
    CHECK(steered.run({"status"}).out.find("0 (file 1)") != std::string::npos);
    CHECK(steered.run({"weight", steered.name(steered.a), "1"}).code == 0);
    CHECK(steered.answers() == Bodies{"a", "b"});
}

TEST_CASE("a backend is added and removed", "[scenarios][steering]") {
    const Steered steered;
    PlainBackend c{"c"};
    const CommandResult added =
        steered.run({"add", "app", c.address(), "--name", "b3", "--weight", "2"});
    CHECK(added.err.empty());
    CHECK(added.code == 0);
    CHECK(added.out == "added app/b3: unknown, weight 2, 0 in flight\n");
    CHECK(steered.answers() == Bodies{"a", "b", "c"});
    CHECK(steered.balancer.status("/pools/0/backends/2/override/added") == "true");
    CHECK(steered.run({"add", "app", c.address(), "--name", "b3"}).code == 1);
    CHECK(steered.run({"remove", "app/b3"}).code == 0);
    CHECK(steered.answers() == Bodies{"a", "b"});
    CHECK(steered.run({"remove", steered.name(steered.a)}).code == 0);
    CHECK(steered.answers() == Bodies{"b"});
}

TEST_CASE("what cannot be done is told with the cure, exit code 1", "[scenarios][steering]") {
    const Steered steered;
    const CommandResult unknown = steered.run({"drain", "app/none"});
    CHECK(unknown.code == 1);
    CHECK(unknown.out.empty());
    CHECK(unknown.err.starts_with("error: no backend \"none\" in pool \"app\"\n  "));
    CHECK(steered.run({"drain", "none/none"}).code == 1);
    CHECK(steered.run({"confirm"}).code == 1);
    CHECK(steered.run({"drain", "app"}).code == 2);
    CHECK(steered.run({"weight", steered.name(steered.a), "heavy"}).code == 2);
    CHECK(steered.run({"reload", "--confirm", "60"}).code == 2);
    const CommandResult nobody =
        run_command({"status", "--admin", steered.balancer.control_socket() + ".none"});
    CHECK(nobody.code == 1);
    CHECK(nobody.err.starts_with("error: no balancer answers at "));
}

TEST_CASE("over HTTP the commands only look without a token", "[scenarios][steering]") {
    const Steered steered;
    const std::string address = "127.0.0.1:" + std::to_string(steered.balancer.admin_port());
    CHECK(run_command({"status", "--admin", address}).code == 0);
    const CommandResult refused =
        run_command({"drain", steered.name(steered.a), "--admin", address});
    CHECK(refused.code == 1);
    CHECK(refused.err ==
          "error: nobody may change anything here: there is no token\n"
          "  use the control socket, or set [admin] token_file\n");
}

TEST_CASE("diff tells what a file would change, reload changes it", "[scenarios][steering]") {
    const Steered steered;
    const auto of = [](const std::vector<std::string>& backends) {
        return config({.backends = backends, .pool = "policy = \"round_robin\""});
    };
    const std::vector<std::string> both{steered.a.address(), steered.b.address()};
    const TemporaryDirectory folder;
    const std::string other = folder.path() + "/other.toml";
    std::ofstream(other) << of(both);
    CHECK(steered.run({"diff", "-c", other}).out == "no difference\n");

    PlainBackend c{"c"};
    std::ofstream(other) << of({steered.a.address(), c.address()});
    const CommandResult difference = steered.run({"diff", "-c", other});
    CHECK(difference.code == 0);
    CHECK(difference.out.find("+ backend app/" + c.address() + "\n") != std::string::npos);
    CHECK(difference.out.find("- backend " + steered.name(steered.b)) != std::string::npos);
    CHECK(steered.answers() == Bodies{"a", "b"});

    steered.balancer.change_config(of({steered.a.address(), c.address()}));
    const CommandResult reloaded = steered.run({"reload"});
    CHECK(reloaded.err.empty());
    CHECK(reloaded.code == 0);
    CHECK(reloaded.out == difference.out + "generation 2 is in force\n");
    CHECK(steered.answers() == Bodies{"a", "c"});
    CHECK(steered.run({"reload"}).out == "no difference: generation 2 goes on\n");
}

TEST_CASE("a reload of a file with mistakes prints them and changes nothing",
          "[scenarios][steering]") {
    const Steered steered;
    steered.balancer.change_config(
        "[listener.web]\nbind = \"127.0.0.1:0\"\npool = \"none\"\nmood = \"good\"\n");
    const CommandResult refused = steered.run({"reload"});
    CHECK(refused.code == 1);
    CHECK(refused.out.empty());
    CHECK(refused.err.find("error: unknown key \"mood\" in [listener.web]\n") != std::string::npos);
    CHECK(
        refused.err.ends_with("2 errors; the running configuration (generation 1) is unchanged\n"));
    CHECK(steered.answers() == Bodies{"a", "b"});
    CHECK(steered.balancer.status("/config/last_reload/result") == "refused");
    CHECK(steered.balancer.status("/config/file_differs") == "true");
    // Without a token nobody sees the lines of the file.
    const std::string errors = steered.balancer.status("/config/last_reload/errors");
    CHECK(errors.find("unknown key") != std::string::npos);
    CHECK(errors.find("mood = ") == std::string::npos);
    CHECK(steered.run({"status"}).out.find("the last reload was refused, ") != std::string::npos);
}

TEST_CASE("a reload that must be confirmed stays once it is", "[scenarios][steering]") {
    const Steered steered;
    steered.balancer.change_config(config({.backends = {steered.b.address()}}));
    const CommandResult reloaded = steered.run({"reload", "--confirm", "60s"});
    CHECK(reloaded.code == 0);
    CHECK(reloaded.out.ends_with("it goes back in 1m unless confirmed: fairlead confirm\n"));
    CHECK(steered.balancer.status("/config/confirm_left") != "null");
    CHECK(steered.run({"confirm"}).out == "confirmed: generation 2 stays\n");
    CHECK(steered.balancer.status("/config/confirm_left") == "null");
    CHECK(steered.answers() == Bodies{"b"});
}

TEST_CASE("the endpoint moves at a reload, and whoever asked for it gets the answer",
          "[scenarios][steering]") {
    const Steered steered;
    const TemporaryDirectory folder;
    const std::string moved = folder.path() + "/moved.sock";
    steered.balancer.change_config(
        config({.backends = {steered.b.address()}, .admin = "socket = \"" + moved + "\"\n"}));
    const CommandResult reloaded = steered.run({"reload"});
    CHECK(reloaded.err.empty());
    CHECK(reloaded.code == 0);
    CHECK(steered.run({"status"}).code == 1);
    CHECK(run_command({"status", "--admin", moved}).code == 0);
}

}  // namespace fairlead::scenarios
