#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;
using namespace std::chrono_literals;
using test::only_error;

TEST_CASE("workers and connections are numbers or auto", "[conf][process]") {
    const LoadResult result =
        test::load(test::with("[process]\nworkers = 4\nmax_connections = 5000\n"));
    REQUIRE(result.ok());
    CHECK(result.model.process.workers == 4);
    CHECK(result.model.process.max_connections == 5000);
    CHECK(only_error(test::with("[process]\nworkers = 1025")) ==
          "\"workers\" must be 1 to 1024 | or \"auto\"");
    CHECK(only_error(test::with("[process]\nworkers = -1")) ==
          "\"workers\" must be 1 to 1024 | or \"auto\"");
    CHECK(only_error(test::with("[process]\nworkers = 2.0")) ==
          "\"workers\" must be a whole number | or \"auto\"");
    CHECK(only_error(test::with("[process]\nworkers = \"4\"")) ==
          "\"workers\" must be a number, not a string | write 4 without quotes");
}

TEST_CASE("stop is one time for all that runs, or a table", "[conf][process]") {
    const LoadResult brief = test::load(test::with("[process]\nstop = \"5s\"\n"));
    REQUIRE(brief.ok());
    CHECK(brief.model.process.stop.delay == 0s);
    CHECK(brief.model.process.stop.requests == 5s);
    CHECK(brief.model.process.stop.tunnels == 5s);

    const LoadResult table =
        test::load(test::with("[process]\nstop = { delay = \"3s\", tunnels = \"none\" }\n"));
    REQUIRE(table.ok());
    CHECK(table.model.process.stop.delay == 3s);
    CHECK(table.model.process.stop.requests == 25s);
    CHECK(table.model.process.stop.tunnels == kForever);
}

TEST_CASE("without [admin] there is no admin endpoint", "[conf][admin]") {
    CHECK_FALSE(test::load(test::with("")).model.admin.has_value());
}

TEST_CASE("drain is one time for all that is removed, or a table", "[conf][process]") {
    const auto drain = [](std::string_view lines) {
        const LoadResult result = test::load(test::with("[process]\n" + std::string{lines}));
        CHECK(render(result.errors) == "");
        return result.model.process.drain;
    };
    CHECK(drain("").requests == 30s);
    CHECK(drain("").tunnels == 5min);
    CHECK(drain("drain = \"7s\"").requests == 7s);
    CHECK(drain("drain = \"7s\"").tunnels == 7s);
    CHECK(drain("drain = { tunnels = \"none\" }").requests == 30s);
    CHECK(drain("drain = { tunnels = \"none\" }").tunnels == kForever);
    CHECK(only_error(test::with("[process]\ndrain = 5")) ==
          "\"drain\" needs a unit | write \"5s\"");
    CHECK(only_error(test::with("[process]\ndrain = { requests = \"2d\" }")) ==
          "\"requests\" must be 0s to 1d | or \"none\"");
    CHECK(only_error(test::with("[process]\ndrain = { delay = \"1s\" }")) ==
          "unknown key \"delay\" in [process.drain]");
}

TEST_CASE("watch, the state file and the user are off unless written", "[conf][process]") {
    const Process absent = test::load(test::with("")).model.process;
    CHECK_FALSE(absent.watch);
    CHECK(absent.state_file.empty());
    CHECK(absent.user.empty());
    const LoadResult result = test::load(
        test::with("[process]\nwatch = true\nstate_file = \"state.json\"\nuser = \"www-data\""));
    REQUIRE(result.ok());
    CHECK(result.model.process.watch);
    CHECK(result.model.process.state_file == "state.json");
    CHECK(result.model.process.user == "www-data");
    CHECK(result.model.process.user_where.line == 9);
    CHECK(only_error(test::with("[process]\nwatch = \"yes\"")) ==
          "\"watch\" must be true or false, not a string");
    CHECK(only_error(test::with("[process]\nstate_file = \"\"")) ==
          "\"state_file\" is not a path | as \"/var/lib/fairlead/state.json\"");
    CHECK(only_error(test::with("[process]\nuser = \"a:b\"")) ==
          "\"a:b\" is not the name of a user | as \"fairlead\"; leave it out to stay");
    CHECK(only_error(test::with("[process]\nuser = 1000")) ==
          "\"user\" must be a string, not a number | write \"1000\"");
}

TEST_CASE("[admin] alone is the usual address", "[conf][admin]") {
    const LoadResult result = test::load(test::with("[admin]\n"));
    REQUIRE(result.ok());
    REQUIRE(result.model.admin.has_value());
    CHECK(result.model.admin->bind.text() == "127.0.0.1:9900");
    CHECK(result.model.admin->where.line == 6);
    CHECK(result.model.admin->socket.empty());
    CHECK(result.model.admin->token_file.empty());
    CHECK(result.model.admin->hosts.empty());
}

TEST_CASE("the control socket has an absolute path that fits a socket address", "[conf][admin]") {
    const auto socket = [](std::string_view path) {
        return test::with("[admin]\nsocket = \"" + std::string{path} + "\"\n");
    };
    const LoadResult result = test::load(socket("/run/f.sock"));
    REQUIRE(result.ok());
    CHECK(result.model.admin->socket == "/run/f.sock");
    CHECK(result.model.admin->socket_where.line == 7);
    CHECK(only_error(socket("f.sock")) ==
          "\"socket\" must be an absolute path | as \"/run/fairlead/admin.sock\"");
    CHECK(only_error(socket("unix:/run/f.sock")) ==
          "\"socket\" must be an absolute path | as \"/run/fairlead/admin.sock\"");
    CHECK(only_error(socket("")) == "\"socket\" is not a path | as \"/run/fairlead/admin.sock\"");
    CHECK(test::load(socket("/" + std::string(106, 'a'))).ok());
    CHECK(only_error(socket("/" + std::string(107, 'a'))) ==
          "the path of a socket has at most 107 bytes | choose a shorter one");
}

TEST_CASE("further hosts of the admin endpoint are names", "[conf][admin]") {
    const LoadResult result =
        test::load(test::with("[admin]\nhosts = [\"LB1.internal:9900\", \"[::1]\"]\n"));
    REQUIRE(result.ok());
    CHECK(result.model.admin->hosts == std::vector<std::string>{"lb1.internal", "[::1]"});
    CHECK(only_error(test::with("[admin]\nhosts = \"*.internal\"")) ==
          "\"hosts\" takes no pattern | write each name");
    CHECK(only_error(test::with("[admin]\nhosts = \"http://lb1\"")) ==
          "\"http://lb1\" is not a host | as \"lb1.internal\"");
}

TEST_CASE("the admin endpoint is reached from other machines with a token only", "[conf][admin]") {
    const auto bind = [](std::string_view address) {
        return test::with("[admin]\nbind = \"" + std::string{address} + "\"\n");
    };
    for (const std::string_view good :
         {"127.0.0.1:9900", "127.1.2.3:9900", "[::1]:9900", "unix:/run/fairlead.sock"}) {
        INFO(good);
        CHECK(test::load(bind(good)).model.admin.has_value());
    }
    for (const std::string_view bad : {":9900", "0.0.0.0:9900", "10.0.0.1:9900", "[::]:9900"}) {
        INFO(bad);
        CHECK(only_error(bind(bad)) ==
              "the admin endpoint at " + std::string{bad} +
                  " can be reached from other machines and has no \"token_file\" | write "
                  "token_file = \"/etc/fairlead/admin.token\", or bind = \"127.0.0.1:9900\"");
        const LoadResult with_token = test::load(bind(bad) + "token_file = \"t\"\n");
        REQUIRE(with_token.ok());
        CHECK(with_token.model.admin->token_file == "t");
        CHECK(with_token.model.admin->token_file_where.line == 9);
    }
    CHECK(only_error(bind("localhost:9900")).find("localhost") != std::string::npos);
}

TEST_CASE("access logging is off, a place, or a table", "[conf][log]") {
    const auto access = [](std::string_view value) {
        const LoadResult result =
            test::load(test::with("[log]\naccess = " + std::string{value} + "\n"));
        CHECK(render(result.errors) == "");
        return result.model.log.access;
    };
    CHECK_FALSE(access("\"off\"").enabled);
    const AccessLog place = access("\"/var/log/access.json\"");
    CHECK(place.to == "/var/log/access.json");
    CHECK(place.to_where.column == 10);
    CHECK(access("{ to = \"/var/log/access.json\" }").to_where.column == 17);
    const AccessLog table = access("{ format = \"common\", sample = 0.25, query = \"off\" }");
    CHECK(table.enabled);
    CHECK(table.to == "stdout");
    CHECK(table.format == AccessFormat::Common);
    CHECK(table.sample == 0.25);
    CHECK(table.query == AccessQuery::Off);
    CHECK(only_error(test::with("[log]\naccess = { sample = nan }")) ==
          "\"sample\" must be 0 to 1");
    CHECK(only_error(test::with("[log]\naccess = \"\"")) ==
          "\"access\" is empty | write \"off\", \"stdout\" or the path of a file");
}

TEST_CASE("keys of later releases are unknown, not ignored", "[conf]") {
    for (const std::string_view line :
         {"[process]\nnice = 1", "[admin]\nuser = \"x\"", "[[notify]]\non = []"}) {
        INFO(line);
        CHECK(only_error(test::with(line)).starts_with("unknown key"));
    }
    CHECK(only_error(test::with_listener("error_pages = {}")).starts_with("unknown key"));
    for (const std::string_view line :
         {"hedge = \"off\"", "source = []", "check = { tcp = true, exec = \"x\" }"}) {
        INFO(line);
        CHECK(only_error(test::with_pool(line)).starts_with("unknown key"));
    }
    for (const std::string_view line : {"strip_prefix = \"/v1\"", "mirror = {}"}) {
        INFO(line);
        CHECK(only_error(test::with("[[route]]\npool = \"app\"\n" + std::string{line}))
                  .starts_with("unknown key"));
    }
}

TEST_CASE("a section of the wrong shape says how it is written", "[conf]") {
    CHECK(only_error(test::with("[route.api]\npool = \"app\"")) ==
          "\"route\" must be a list of tables | write [[route]]");
    CHECK(test::load(std::string{test::kListener} + "[pool]\nbackends = [\"127.0.0.1:1\"]\n")
              .errors.back()
              .message == "\"backends\" is directly in [pool]");
    CHECK(test::errors_of(std::string{test::kPool} + "[[listener]]\nbind = \":80\"\n") ==
          "f.toml:3:3: error: a listener is written with its name\n"
          "    3 | [[listener]]\n"
          "      |   ^^^^^^^^ write [listener.NAME]\n");
    CHECK(only_error(test::with("[process]\nstop = 5")) == "\"stop\" needs a unit | write \"5s\"");
    CHECK(only_error("process = 1\n" + test::with("")) ==
          "\"process\" must be a table, not a number");
}

TEST_CASE("a file without a listener is an error", "[conf]") {
    CHECK(test::errors_of("") ==
          "f.toml: error: no listener: nothing would be served\n"
          "  write [listener.web] with bind = \":8080\"\n");
    CHECK(only_error(test::kPool) ==
          "no listener: nothing would be served | write [listener.web] with bind = \":8080\"");
}
