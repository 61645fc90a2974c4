#include <limits>

#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;
using namespace std::chrono_literals;
using test::only_error;
using test::pool_of;

namespace {

std::string pool_error(std::string_view lines) { return only_error(test::with_pool(lines)); }

std::string backends_error(std::string_view backends) {
    return only_error(std::string{test::kListener} +
                      "[pool.app]\nbackends = " + std::string{backends} + "\n");
}

Pool with_defaults(std::string_view defaults, std::string_view pool) {
    const LoadResult result =
        test::load(test::with_pool(pool) + "[defaults.pool]\n" + std::string{defaults} + "\n");
    CHECK(render(result.errors) == "");
    return result.model.pools.empty() ? Pool{} : result.model.pools.front();
}

}  // namespace

TEST_CASE("backends are addresses or tables", "[conf][pool]") {
    const LoadResult result = test::load(std::string{test::kListener} + R"([pool.app]
max_in_flight = 10
backends = [
  "app.internal:80",
  { address = "[::1]:81", name = "b", weight = 0, max_in_flight = 64, tier = "backup" },
  { address = "unix:/run/app.sock", max_in_flight = "none", tier = 2 },
]
)");
    REQUIRE(render(result.errors) == "");
    const std::vector<Backend>& backends = result.model.pools[0].backends;
    REQUIRE(backends.size() == 3);
    CHECK(backends[0].name == "app.internal:80");
    CHECK(backends[0].address.is_name());
    CHECK(backends[0].weight == 1);
    CHECK(backends[0].max_in_flight == 10);
    CHECK(backends[0].tier == 0);
    CHECK(backends[0].where.line == 7);
    CHECK(backends[1].name == "b");
    CHECK(backends[1].weight == 0);
    CHECK(backends[1].max_in_flight == 64);
    CHECK(backends[1].tier == 1);
    CHECK(backends[2].name == "unix:/run/app.sock");
    CHECK(backends[2].max_in_flight == kUnlimited);
    CHECK(backends[2].tier == 2);
}

TEST_CASE("one backend needs no list", "[conf][pool]") {
    CHECK(
        test::load(std::string{test::kListener} + "[pool.app]\nbackends = \"127.0.0.1:1\"\n").ok());
}

TEST_CASE("backends that cannot be are reported", "[conf][pool]") {
    CHECK(only_error(std::string{test::kListener} + "[pool.app]\n") ==
          "[pool.app] has no backends | write backends = [\"127.0.0.1:3001\"], or "
          "dns = \"app.internal:8000\"");
    CHECK(backends_error("[\"127.0.0.1:0\"]") ==
          "\"0\" in \"127.0.0.1:0\" is not a port | ports are 1 to 65535");
    CHECK(backends_error("[8080]") ==
          "\"backends\" must be a string, not a number | write \"8080\"");
    CHECK(backends_error("[{ address = \"127.0.0.1:1\", name = \"a/b\" }]") ==
          "\"a/b\" cannot be the name of a backend | 1 to 128 visible ASCII characters without "
          "quotes, \"/\" and \"\\\"");
    CHECK(backends_error("[{ address = \"127.0.0.1:1\", weight = 65536 }]") ==
          "\"weight\" must be 0 to 65535");
    CHECK(backends_error("[{ address = \"127.0.0.1:1\", tier = \"spare\" }]") ==
          "\"tier\" must be a number, not a string | or \"backup\"");
    CHECK(backends_error("[\"127.0.0.1:1\", \"127.0.0.1:1\"]") ==
          "two backends named \"127.0.0.1:1\" in [pool.app] | the first is in line 5, column 13; "
          "give one another name");
    CHECK(backends_error("[{ address = \"127.0.0.1:1\", tier = 1 }]") ==
          "tier 1 without a tier 0 in [pool.app] | tiers count 0, 1, 2 without a hole; "
          "\"backup\" is 1");
    CHECK(backends_error("[\"127.0.0.1:1\", { address = \"127.0.0.1:2\", tier = 1 }, { address = "
                         "\"127.0.0.1:3\", tier = 3 }]") ==
          "tier 3 without a tier 2 in [pool.app] | tiers count 0, 1, 2 without a hole; "
          "\"backup\" is 1");
}

TEST_CASE("a pool in which nobody has weight is warned about", "[conf][pool]") {
    CHECK(test::warnings_of(std::string{test::kListener} +
                            "[pool.app]\nbackends = [{ address = \"127.0.0.1:1\", weight = 0 }]\n")
              .find("warning: every backend of [pool.app] has weight 0") != std::string::npos);
}

TEST_CASE("policies come from the list handed in", "[conf][pool]") {
    CHECK(pool_of("policy = \"weighted\"").policy == "weighted");
    CHECK(pool_error("policy = \"roundrobin\"") ==
          "unknown policy \"roundrobin\" in [pool.app] | did you mean \"round_robin\"?");
    CHECK(load_text(test::with_pool("policy = \"any\""), "f.toml").ok());
}

TEST_CASE("hash is a key or a table, for the policy hash only", "[conf][pool]") {
    const auto hash = [](std::string_view value) {
        return pool_of("policy = \"hash\"\nhash = " + std::string{value}).hash;
    };
    CHECK(hash("\"path\"").key == HashKey::Path);
    CHECK(hash("\"header:X-User\"").key == HashKey::Header);
    CHECK(hash("\"header:X-User\"").name == "X-User");
    CHECK(hash("{ key = \"cookie:sid\", bound = 2 }").key == HashKey::Cookie);
    CHECK(hash("{ key = \"cookie:sid\", bound = 2 }").bound == 2.0);
    CHECK(hash("{ key = \"query:id\" }").name == "id");
    CHECK(hash("{ key = \"query:id\" }").bound == 1.25);
    CHECK(hash("{ bound = \"none\" }").bound == std::numeric_limits<double>::infinity());
    CHECK(pool_error("policy = \"hash\"\nhash = { bound = 0.5 }") ==
          "\"bound\" must be 1 to 100 | or \"none\"");
    for (const std::string_view bad :
         {"ip", "header", "header:", "header:a b", "path:x", "cookie:"}) {
        CHECK(pool_error("policy = \"hash\"\nhash = \"" + std::string{bad} + "\"") ==
              "\"" + std::string{bad} +
                  "\" is not a hash key | one of client_ip, path, "
                  "header:NAME, cookie:NAME, query:NAME");
    }
    CHECK(pool_error("hash = \"path\"") ==
          "\"hash\" has no effect with the policy \"least_connections\" | write policy = "
          "\"hash\", or remove it");
    CHECK(with_defaults("hash = \"path\"", "").policy == "least_connections");
}

TEST_CASE("retry is off, a number of tries, or a table", "[conf][pool]") {
    const Retry off = pool_of("retry = \"off\"").retry;
    CHECK(off.attempts == 0);
    CHECK(off.on == RetryOn::nothing());
    CHECK(pool_of("retry = 3").retry.attempts == 3);
    CHECK(pool_of("retry = 3").retry.on == RetryOn{});

    const Retry table =
        pool_of(
            "retry = { attempts = 1, on = [\"timeout\", 500, \"429\"], budget = \"10%\", per_try = "
            "\"5s\", non_idempotent = true }")
            .retry;
    CHECK(table.attempts == 1);
    CHECK(table.on.covers(RetryClass::Timeout));
    CHECK_FALSE(table.on.covers(RetryClass::Connect));
    CHECK_FALSE(table.on.covers(RetryClass::Never));
    CHECK(table.on.covers_status(500));
    CHECK(table.on.covers_status(429));
    CHECK_FALSE(table.on.covers_status(503));
    CHECK(table.budget == 0.1);
    CHECK(table.per_try == 5s);
    CHECK(table.non_idempotent);
    CHECK(pool_of("retry = { on = \"connect\", budget = \"none\" }").retry.budget ==
          std::numeric_limits<double>::infinity());

    CHECK(pool_error("retry = \"on\"") ==
          "\"retry\" must be a number, not a string | write \"off\" or { attempts = 2 }");
    CHECK(pool_error("retry = { attempts = 11 }") == "\"attempts\" must be 0 to 10");
    CHECK(pool_error("retry = { on = [\"sometimes\"] }") ==
          "unknown reason \"sometimes\" in [pool.app.retry] | one of connect, stale, "
          "reset, timeout, 429, 500, 502, 503, 504, grpc_unavailable");
    CHECK(pool_error("retry = { on = [true] }") ==
          "\"on\" must be a list of strings, not a boolean");
    CHECK(pool_error("retry = { budget = 20 }") ==
          "\"budget\" needs a percent sign | write \"20%\"");
    CHECK(pool_error("retry = { budget = \"120%\" }") ==
          "\"budget\" must be 0% to 100% | or \"none\"");
    CHECK(pool_error("retry = { non_idempotent = 1 }") ==
          "\"non_idempotent\" must be true or false, not a number");
}

TEST_CASE("passive is on, with numbers of its own, unless it is off", "[conf][pool]") {
    CHECK(pool_of("").passive.is_on);
    CHECK_FALSE(pool_of("passive = \"off\"").passive.is_on);
    const Passive passive =
        pool_of("passive = { failures = 3, over = \"500ms\", ratio = \"none\", out = \"10m\" }")
            .passive;
    CHECK(passive.is_on);
    CHECK(passive.failures == 3);
    CHECK(passive.over == 500ms);
    CHECK(passive.ratio == std::numeric_limits<double>::infinity());
    CHECK(passive.out == 10min);
    CHECK(passive.out_max == 10min);  // never below `out`
    CHECK(pool_error("passive = { out = \"10m\", out_max = \"5m\" }") ==
          "\"out_max\" is below \"out\" | write out_max = \"10m\", or more");
    CHECK(pool_error("passive = { failures = 0 }") == "\"failures\" must be 1 to 1000");
    CHECK(pool_error("passive = { max_out = \"0%\" }") == "\"max_out\" must be 1% to 100%");
    CHECK(
        pool_error("passive = 5") ==
        "\"passive\" must be a table or \"off\", not a number | write passive = { failures = 5 }");
}

TEST_CASE("buffer, queue, slow_start and keepalive have short forms", "[conf][pool]") {
    CHECK(pool_of("buffer = \"128KiB\"").buffer.request_bytes == 131072);
    CHECK(pool_of("buffer = \"128KiB\"").buffer.response_bytes == 131072);
    CHECK(pool_of("buffer = \"off\"").buffer.request_bytes == 0);
    CHECK(pool_of("buffer = \"off\"").buffer.response_bytes == 262144);
    CHECK(pool_of("buffer = { request = \"none\" }").buffer.request_bytes == 0);
    CHECK(pool_of("buffer = { response = \"4KiB\" }").buffer.request_bytes == 65536);
    CHECK(pool_error("buffer = { response = \"1KiB\" }") == "\"response\" must be 4KiB to 64MiB");

    CHECK(pool_of("max_in_flight = 5\nqueue = 10").queue.size == 10);
    CHECK(pool_of("queue = \"off\"").queue.size == 0);
    CHECK(pool_of("max_in_flight = 5\nqueue = { wait = \"1s\" }").queue.wait == 1s);
    CHECK(pool_of("max_in_flight = 5\nqueue = { wait = \"1s\" }").queue.size == 1000);

    CHECK(pool_of("slow_start = \"30s\"").slow_start.over == 30s);
    CHECK(pool_of("slow_start = \"off\"").slow_start.over == 0s);
    CHECK(pool_of("slow_start = { from = \"50%\" }").slow_start.from == 0.5);
    CHECK(pool_error("slow_start = { from = \"0%\" }") == "\"from\" must be 1% to 100%");

    CHECK(pool_of("keepalive = \"10s\"").keepalive.idle == 10s);
    CHECK(pool_of("keepalive = \"off\"").keepalive.idle == 0s);
    CHECK(pool_of("keepalive = { idle = \"none\" }").keepalive.idle == kForever);
    CHECK(pool_of("keepalive = { per_backend = 8 }").keepalive.per_backend == 8);
    CHECK(pool_of("").keepalive.learns);
    CHECK(pool_of("keepalive = \"learn\"").keepalive.learns);
    CHECK_FALSE(pool_of("keepalive = \"10s\"").keepalive.learns);
    CHECK_FALSE(pool_of("keepalive = \"off\"").keepalive.learns);
}

TEST_CASE("a queue that no limit fills is warned about", "[conf][pool]") {
    CHECK(test::warnings_of(test::with_pool("queue = 10")) ==
          R"(f.toml:6:1: warning: "queue" is never used in [pool.app]: "max_in_flight" is none
    6 | queue = 10
      | ^^^^^ set max_in_flight = 64, or remove "queue"
)");
    CHECK(test::warnings_of(test::with_pool("")) == "");
    CHECK(test::warnings_of(test::with_pool("queue = 10\nmax_in_flight = 1")) == "");
    CHECK(test::warnings_of(test::with_pool("queue = \"off\"")) == "");
}

TEST_CASE("the Host header is kept, the backend's, or a literal", "[conf][pool]") {
    CHECK(pool_of("host_header = \"keep\"").host_header == HostHeader::Keep);
    CHECK(pool_of("host_header = \"backend\"").host_header == HostHeader::Backend);
    CHECK(pool_of("host_header = \"app.internal:80\"").host_header == HostHeader::Literal);
    CHECK(pool_of("host_header = \"app.internal:80\"").host_literal == "app.internal:80");
    CHECK(pool_error("host_header = \"http://x\"") ==
          "\"http://x\" is not a host | \"keep\", \"backend\" or a host such as \"app.internal\"");
    CHECK(pool_of("when_all_down = \"fail\"").when_all_down == WhenAllDown::Fail);
}

TEST_CASE("a time must end before the total it is part of", "[conf][pool]") {
    CHECK(pool_error("timeouts = { connect = \"5s\", total = \"5s\" }") ==
          "\"connect\" (5s) is not shorter than \"total\" (5s) | \"total\" ends first, so "
          "\"connect\" would never be reached");
    CHECK(pool_error("timeouts = { total = \"5s\" }\nretry = { per_try = \"6s\" }") ==
          "\"per_try\" (6s) is longer than \"total\" (5s) | \"total\" ends first, so \"per_try\" "
          "would never be reached");
    CHECK(test::load(test::with_pool("timeouts = { response = \"none\", total = \"5s\" }")).ok());
}

TEST_CASE("a default gives way to a shorter total", "[conf][pool]") {
    const Pool pool = pool_of("timeouts = { total = \"1s\" }");
    CHECK(pool.timeouts.total == 1s);
    CHECK(pool.timeouts.connect == 1s);
    CHECK(pool.timeouts.response == 1s);
}

TEST_CASE("a pool takes from [defaults.pool] what it does not say itself, key by key",
          "[conf][pool]") {
    const Pool pool = with_defaults(
        "policy = \"random\"\n"
        "timeouts = { connect = \"1s\", response = \"9s\" }\n"
        "retry = { attempts = 1, budget = \"5%\" }\n"
        "check = { every = \"10s\", rise = 5 }\n"
        "max_in_flight = 7",
        "timeouts = { response = \"8s\" }\nretry = { attempts = 3 }\ncheck = \"GET /up\"");
    CHECK(pool.policy == "random");
    CHECK(pool.timeouts.connect == 1s);
    CHECK(pool.timeouts.response == 8s);
    CHECK(pool.timeouts.idle == 60s);
    CHECK(pool.retry.attempts == 3);
    CHECK(pool.retry.budget == 0.05);
    REQUIRE(pool.check.has_value());
    CHECK(pool.check->path == "/up");
    CHECK(pool.check->every == 10s);
    CHECK(pool.check->rise == 5);
    CHECK(pool.max_in_flight == 7);
    CHECK(pool.backends[0].max_in_flight == 7);
}

TEST_CASE("a pool can switch off and on what the defaults say", "[conf][pool]") {
    CHECK_FALSE(with_defaults("check = \"tcp\"", "check = \"off\"").check.has_value());
    CHECK_FALSE(with_defaults("check = { every = \"1s\" }", "").check.has_value());
    CHECK(with_defaults("retry = \"off\"", "").retry.attempts == 0);
    const Pool pool = with_defaults("retry = \"off\"", "retry = { budget = \"1%\" }");
    CHECK(pool.retry.attempts == 2);
    CHECK(pool.retry.on == RetryOn{});
    CHECK(with_defaults("queue = \"off\"", "max_in_flight = 1\nqueue = { wait = \"1s\" }")
              .queue.size == 1000);
}

TEST_CASE("a default cut short in [defaults.pool] is whole again where a pool allows it",
          "[conf][pool]") {
    const Pool pool = with_defaults("check = { http = \"GET /\", every = \"200ms\" }",
                                    "check = { every = \"5s\" }");
    REQUIRE(pool.check.has_value());
    CHECK(pool.check->timeout == 1s);
    CHECK(pool.check->every_changing == 500ms);
}

TEST_CASE("times that do not fit are reported where the lower section wrote them", "[conf][pool]") {
    const auto errors = [](std::string_view defaults, std::string_view pool) {
        return test::load(test::with_pool(pool) + "[defaults.pool]\n" + std::string{defaults} +
                          "\n")
            .errors;
    };
    const auto by_pool =
        errors("timeouts = { response = \"9s\" }", "timeouts = { total = \"5s\" }");
    REQUIRE(by_pool.size() == 1);
    CHECK(by_pool[0].where.line == 6);
    const auto by_defaults = errors("timeouts = { response = \"9s\", total = \"5s\" }", "");
    REQUIRE(by_defaults.size() == 1);
    CHECK(by_defaults[0].where.line == 8);
}

TEST_CASE("[defaults.pool] has no backends and knows every other key", "[conf][pool]") {
    CHECK(only_error(test::with("[defaults.pool]\nbackends = []")) ==
          "unknown key \"backends\" in [defaults.pool]");
    CHECK(only_error(test::with("[defaults.listener]\nbind = \":1\"")) ==
          "unknown key \"listener\" in [defaults]");
    CHECK(only_error(test::with("[defaults.pool.timeouts]\nconect = \"1s\"")) ==
          "unknown key \"conect\" in [defaults.pool.timeouts] | did you mean \"connect\"?");
}
