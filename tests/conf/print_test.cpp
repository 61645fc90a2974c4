#include <fstream>
#include <sstream>
#include <string>

#include "conf/settings.h"
#include "tests/conf/full_model.h"
#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

std::string printed(std::string_view text) {
    const LoadResult result = test::load(text);
    CHECK(render(result.errors) == "");
    return print(result.model);
}

/// The line of a printed file that sets `key`, without the spaces before its comment.
std::string line_of(const std::string& text, std::string_view key) {
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t begin = line.starts_with("# ") ? 2 : 0;
        if (line.compare(begin, key.size() + 3, std::string{key} + " = ") != 0) continue;
        const std::size_t comment = line.rfind("  #");
        return line.substr(0, line.find_last_not_of(' ', comment) + 1) + line.substr(comment + 1);
    }
    return "no such line";
}

/// Settings with the values that are hidden taken out of both sides.
SettingList visible(const Model& model) {
    SettingList list = settings(model);
    for (SettingGroup& group : list) {
        for (Setting& setting : group.settings) {
            if (setting.is_secret) setting.value.clear();
        }
    }
    return list;
}

void check_round_trip(const LoadResult& result) {
    REQUIRE(render(result.errors) == "");
    const std::string text = print(result.model);
    INFO(text);
    const LoadResult again = test::load(text);
    CHECK(render(again.errors) == "");
    CHECK(again.warnings.size() == result.warnings.size());
    CHECK(visible(again.model) == visible(result.model));
}

}  // namespace

TEST_CASE("print shows every value and where it comes from", "[conf][print]") {
    const std::string text = printed("[defaults.pool]\nretry = \"off\"\n\n" +
                                     test::with("check = \"GET /\"") + "[log]\naccess = \"off\"\n");
    const std::size_t pool = text.find("\n[pool.app]");
    CHECK(text.substr(0, text.find("\n[listener.web]")) ==
          R"(# What f.toml comes to, every default filled in.

[process]
workers = "auto"          # default
max_connections = "auto"  # default
stop.delay = "0s"         # default
stop.requests = "25s"     # default
stop.tunnels = "25s"      # default
drain.requests = "30s"    # default
drain.tunnels = "5m"      # default
watch = false             # default

[log]           # f.toml:10
level = "info"  # default
access = "off"  # f.toml:11
)");
    CHECK(text.substr(pool) == R"(
[pool.app]                      # f.toml:7
backends = [
  { address = "127.0.0.1:3001", weight = 1, tier = 0 },  # f.toml:8
]
policy = "least_connections"    # default
check.http = "GET /"            # f.toml:9
check.expect = "200-399"        # default
check.every = "2s"              # default
check.timeout = "1s"            # default
check.rise = 2                  # default
check.fall = 3                  # default
check.every_changing = "500ms"  # default
check.every_down = "5s"         # default
check.init = "probe"            # default
check.port = 0                  # default
retry.attempts = 0              # f.toml:2 [defaults.pool]
retry.on = []                   # f.toml:2 [defaults.pool]
retry.budget = "20%"            # default
retry.per_try = "none"          # default
retry.non_idempotent = false    # default
buffer.request = "64KiB"        # default
buffer.response = "256KiB"      # default
# queue.size = 1000             # default
# queue.wait = "5s"             # default
max_in_flight = "none"          # default
slow_start.over = "10s"         # default
slow_start.from = "10%"         # default
passive.failures = 5            # default
passive.over = "1s"             # default
passive.ratio = "20%"           # default
passive.min_requests = 50       # default
passive.out = "10s"             # default
passive.out_max = "5m"          # default
passive.max_out = "50%"         # default
keepalive.idle = "learn"        # default
keepalive.per_backend = 256     # default
keepalive.max_requests = 10000  # default
keepalive.max_age = "1h"        # default
timeouts.connect = "2s"         # default
timeouts.response = "1m"        # default
timeouts.idle = "1m"            # default
timeouts.total = "none"         # default
http = "1.1"                    # default
send_proxy = "off"              # default
host_header = "keep"            # default
when_all_down = "try"           # default
)");
}

TEST_CASE("a short form is where its own values come from", "[conf][print]") {
    const auto line = [](std::string_view lines, std::string_view key) {
        return line_of(printed(test::with_pool(lines)), key);
    };
    CHECK(line("retry = 3", "retry.attempts") == "retry.attempts = 3 # f.toml:6");
    CHECK(line("retry = 3", "retry.on").ends_with("# default"));
    CHECK(line("retry = \"off\"", "retry.on") == "retry.on = [] # f.toml:6");
    CHECK(line("buffer = \"8KiB\"", "buffer.response") == "buffer.response = \"8KiB\" # f.toml:6");
    CHECK(line("buffer = \"off\"", "buffer.request") == "buffer.request = \"none\" # f.toml:6");
    CHECK(line("buffer = \"off\"", "buffer.response").ends_with("# default"));
    CHECK(line("check = \"tcp\"", "check.tcp") == "check.tcp = true # f.toml:6");
    CHECK(line("check = \"tcp\"", "check.every").ends_with("# default"));
    CHECK(line("keepalive = \"9s\"", "keepalive.idle") == "keepalive.idle = \"9s\" # f.toml:6");
    CHECK(line("sticky = \"lb\"", "sticky.cookie") == "sticky.cookie = \"lb\" # f.toml:6");
    CHECK(line("sticky = \"lb\"", "sticky.secure").ends_with("# default"));
    CHECK(line_of(printed(test::with("[process]\ndrain = \"9s\"")), "drain.tunnels") ==
          "drain.tunnels = \"9s\" # f.toml:7");
}

TEST_CASE("a route names the pool and the defaults it takes from", "[conf][print]") {
    const std::string text =
        printed(test::with("retry = { budget = \"30%\" }\n"
                           "[defaults.pool]\nretry = { attempts = 4 }\n"
                           "[[route]]\npool = \"app\"\nretry = { per_try = \"2s\" }\n"));
    const std::string route = text.substr(text.find("[[route]]"));
    CHECK(line_of(route, "retry.per_try") == "retry.per_try = \"2s\" # f.toml:11");
    CHECK(line_of(route, "retry.budget") == "retry.budget = \"30%\" # f.toml:6 [pool.app]");
    CHECK(line_of(route, "retry.attempts") == "retry.attempts = 4 # f.toml:8 [defaults.pool]");
    CHECK(line_of(route, "retry.non_idempotent") == "retry.non_idempotent = false # default");
}

TEST_CASE("a table takes the off of the defaults away", "[conf][print]") {
    const std::string text =
        printed(test::with("retry = { budget = \"30%\" }\n[defaults.pool]\nretry = \"off\"\n"));
    CHECK(line_of(text, "retry.attempts") == "retry.attempts = 2 # default");
}

TEST_CASE("defaults that gave way are shown as comments", "[conf][print]") {
    const std::string text = printed(test::with_pool("timeouts = { total = \"1s\" }"));
    CHECK(line_of(text, "timeouts.connect") == "# timeouts.connect = \"1s\" # default");
    CHECK(text.find("\n# timeouts.connect = ") != std::string::npos);
    CHECK(text.find("\n# timeouts.response = ") != std::string::npos);
}

TEST_CASE("secrets are not printed", "[conf][print]") {
    const std::string text = printed(test::kFull);
    CHECK(text.find("Bearer") == std::string::npos);
    CHECK(text.find("session=1") == std::string::npos);
    CHECK(text.find("a=b") == std::string::npos);
    CHECK(line_of(text, "request_headers.set.Authorization") ==
          "request_headers.set.Authorization = \"(hidden)\" # f.toml:51");
    CHECK(line_of(text, "header.Cookie") == "header.Cookie = \"(hidden)\" # f.toml:49");
}

TEST_CASE("routes that differ in a secret only stay apart", "[conf][print]") {
    const std::string text = printed(test::with(
        "[[route]]\nname = \"a\"\nheader = { Cookie = \"1\" }\npool = \"app\"\n"
        "[[route]]\nname = \"b\"\nheader = { Cookie = \"2\" }\npool = \"app\"\n"
        "[[expect]]\nrequest = \"GET http://a/\"\nheader = { Cookie = \"2\" }\npool = \"app\"\n"));
    CHECK(line_of(text, "header.Cookie") == "header.Cookie = \"(hidden)\" # f.toml:8");
    CHECK(line_of(text.substr(text.rfind("[[route]]")), "header.Cookie") ==
          "header.Cookie = \"(hidden 2)\" # f.toml:12");
    CHECK(line_of(text.substr(text.rfind("[[expect]]")), "header.Cookie") ==
          "header.Cookie = \"(hidden 2)\" # f.toml:16");
    CHECK(test::load(text).ok());
}

TEST_CASE("what is printed loads to the same configuration", "[conf][print]") {
    check_round_trip(test::load(test::kFull));
    for (const std::string_view name : {"minimal.toml", "full.toml", "site.toml", "layer4.toml"}) {
        INFO(name);
        check_round_trip(load_file(
            std::string{FAIRLEAD_SOURCE_DIR} + "/examples/" + std::string{name}, test::options()));
    }
    for (const std::string_view lines :
         {"timeouts = { total = \"1s\" }", "timeouts = { total = \"90s\" }",
          "check = { http = \"GET /\", every = \"100ms\" }", "queue = 5", "retry = \"off\"",
          "queue = \"off\"", "buffer = \"off\"", "keepalive = \"off\"", "slow_start = \"off\"",
          "passive = \"off\"",
          "hash = { key = \"query:a$b\", bound = \"none\" }\npolicy = \"hash\"",
          "host_header = \"backend\"", "retry = { budget = \"0.000001%\" }"}) {
        INFO(lines);
        check_round_trip(test::load(test::with_pool(lines)));
    }
    check_round_trip(test::load(test::with(
        "retry = { per_try = \"3s\" }\n[[route]]\npool = \"app\"\nretry = { attempts = 1 }\n"
        "timeouts = { total = \"1s\" }\n")));
    check_round_trip(
        test::load(test::with("[[route]]\npool = \"app\"\nhost = "
                              "\"a.com\"\nretry = {}\n")));
    check_round_trip(
        test::load("[listener.\"a.b\"]\nbind = \":1\"\npool = \"c.d\"\n"
                   "[pool.\"c.d\"]\nbackends = [\"unix:/run/x.sock\"]\n"));
}

TEST_CASE("a split is printed pool by pool and reads back the same", "[conf][print]") {
    const std::string text = test::with(
        "[pool.\"a.b\"]\nbackends = [\"127.0.0.1:2\"]\n"
        "[[route]]\nsplit = { app = 9, \"a.b\" = 1 }\n");
    check_round_trip(test::load(text));
    CHECK(line_of(printed(text), "split.app").starts_with("split.app = 9 # "));
    CHECK(line_of(printed(text), "split.\"a.b\"").starts_with("split.\"a.b\" = 1 # "));
}
