#include "conf/plan.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "tests/conf/full_model.h"
#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

using Lines = std::vector<std::string>;

/// What a reload from one text to another is announced as.
Lines plan_of(std::string_view running, std::string_view wanted) {
    const LoadResult before = test::load(running);
    const LoadResult after = test::load(wanted);
    CHECK(render(before.errors) == "");
    CHECK(render(after.errors) == "");
    Lines out;
    for (const Change& change : plan(settings(before.model), settings(after.model))) {
        out.push_back(change.text());
    }
    return out;
}

/// From the smallest file to the same with further sections, and back.
Lines plan_to(std::string_view sections) { return plan_of(test::with(""), test::with(sections)); }
Lines plan_from(std::string_view sections) { return plan_of(test::with(sections), test::with("")); }

Lines plan_pool(std::string_view before, std::string_view after) {
    return plan_of(test::with_pool(before), test::with_pool(after));
}

std::string backends(std::string_view list) {
    return std::string{test::kListener} + "[pool.app]\nbackends = [" + std::string{list} + "]\n";
}

std::string routes(std::string_view names) {
    std::string sections;
    for (const char name : names) {
        sections += "[[route]]\nname = \"" + std::string{name} + "\"\npath = \"/" +
                    std::string{name} + "\"\npool = \"app\"\n";
    }
    return test::with(sections);
}

}  // namespace

TEST_CASE("nothing changes between equal configurations", "[conf][plan]") {
    CHECK(plan_of(test::kFull, test::kFull).empty());
    CHECK(plan_of(test::with(""), "# moved\n\n" + test::with("")).empty());
    // Writing a default is no change.
    CHECK(plan_pool("", "timeouts = { connect = \"2s\" }").empty());
}

TEST_CASE("listeners come, go and change", "[conf][plan]") {
    const std::string_view api = "[listener.api]\nbind = \":81\"\npool = \"app\"\n";
    CHECK(plan_to(api) == Lines{"+ listener api"});
    CHECK(plan_from(api) == Lines{"- listener api (drains)"});
    CHECK(plan_of(test::with_listener(""), test::with_listener("via = \"off\"\n"
                                                               "limits = { body = \"1MiB\" }")) ==
          Lines{"~ listener web: via \"response\" -> \"off\", limits.body \"none\" -> \"1MiB\""});
}

TEST_CASE("what was accepted at an address that is closed drains", "[conf][plan]") {
    const auto bind = [](std::string_view value) {
        return "[listener.web]\npool = \"app\"\nbind = " + std::string{value} + "\n" +
               std::string{test::kPool};
    };
    CHECK(plan_of(bind("\":80\""), bind("\":81\"")) ==
          Lines{"~ listener web: bind \":80\" -> \":81\" (drains)"});
    CHECK(plan_of(bind("\":80\""), bind("[\":80\", \":81\"]")) ==
          Lines{"~ listener web: bind \":80\" -> [\":80\", \":81\"]"});
    CHECK(plan_of(bind("[\":80\", \":81\"]"), bind("\":80\"")) ==
          Lines{"~ listener web: bind [\":80\", \":81\"] -> \":80\" (drains)"});
}

TEST_CASE("routes come, go and change", "[conf][plan]") {
    const std::string_view route = "[[route]]\nname = \"api\"\nhost = \"a.com\"\npool = \"app\"\n";
    CHECK(plan_to(route) == Lines{"+ route api"});
    CHECK(plan_from(route) == Lines{"- route api"});
    CHECK(plan_of(test::with(route),
                  test::with("[[route]]\nname = \"api\"\npath = \"/x\"\npool = \"app\"\n"
                             "retry = \"off\"")) ==
          Lines{"~ route api: path none -> \"/x\", retry.attempts none -> 0, "
                "retry.on none -> [], retry.budget none -> \"20%\", "
                "retry.per_try none -> \"none\", retry.non_idempotent none -> false, "
                "host \"a.com\" -> none"});
}

TEST_CASE("routes that move past others are the fewest that explain the order", "[conf][plan]") {
    CHECK(plan_of(routes("abcd"), routes("bcda")) == Lines{"~ route a (order)"});
    CHECK(plan_of(routes("abcd"), routes("dabc")) == Lines{"~ route d (order)"});
    CHECK(plan_of(routes("abcd"), routes("bacd")) == Lines{"~ route b (order)"});
    CHECK(plan_of(routes("abcd"), routes("acd")) == Lines{"- route b"});
    CHECK(plan_of(routes("acd"), routes("axcd")) == Lines{"+ route x"});
    CHECK(plan_of(routes("abc"), routes("cba")) == Lines{"~ route c (order)", "~ route b (order)"});
}

TEST_CASE("pools come, go and change", "[conf][plan]") {
    const std::string_view api =
        "[pool.api]\nbackends = [\"127.0.0.1:1\", \"127.0.0.1:2\"]\n[[route]]\nname = \"r\"\npath "
        "= "
        "\"/api/*\"\npool = \"api\"\n";
    CHECK(plan_to(api) == Lines{"+ route r", "+ pool api"});
    CHECK(plan_from(api) == Lines{"- route r", "- pool api (drains)"});
    CHECK(plan_pool("", "timeouts = { connect = \"1s\" }\nmax_in_flight = 8") ==
          Lines{"~ pool app: max_in_flight \"none\" -> 8, timeouts.connect \"2s\" -> \"1s\""});
    CHECK(plan_pool("", "policy = \"hash\"") ==
          Lines{"~ pool app: policy \"least_connections\" -> \"hash\", "
                "hash.key none -> \"client_ip\", hash.bound none -> 1.25"});
}

TEST_CASE("a check that comes or goes is one change", "[conf][plan]") {
    CHECK(plan_pool("", "check = \"GET /\"") ==
          Lines{"~ pool app: check \"off\" -> { http = \"GET /\" }"});
    CHECK(plan_pool("check = \"tcp\"", "") == Lines{"~ pool app: check { tcp = true } -> \"off\""});
    CHECK(plan_pool("check = \"GET /\"", "check = { http = \"GET /x\", fall = 5 }") ==
          Lines{"~ pool app: check.http \"GET /\" -> \"GET /x\", check.fall 3 -> 5"});
    CHECK(plan_of(test::with("[log]\naccess = \"off\""), test::with("")) ==
          Lines{"~ log: access \"off\" -> { to = \"stdout\" }"});
}

TEST_CASE("backends come, go and change; one with a new address is another one", "[conf][plan]") {
    const std::string a = backends("\"10.0.0.1:80\"");
    const std::string ab = backends("\"10.0.0.1:80\", \"10.0.0.2:80\"");
    CHECK(plan_of(a, ab) == Lines{"+ backend app/10.0.0.2:80"});
    CHECK(plan_of(ab, a) == Lines{"- backend app/10.0.0.2:80 (drains)"});
    CHECK(plan_of(a, backends("{ address = \"10.0.0.1:80\", weight = 2 }")) ==
          Lines{"~ backend app/10.0.0.1:80: weight 1 -> 2"});
    CHECK(plan_of(backends("{ address = \"10.0.0.1:80\", name = \"b1\" }"),
                  backends("{ address = \"10.0.0.9:80\", name = \"b1\" }")) ==
          Lines{"- backend app/b1 10.0.0.1:80 (drains)", "+ backend app/b1 10.0.0.9:80"});
    CHECK(plan_of(ab, backends("\"10.0.0.2:80\", \"10.0.0.1:80\"")).empty());
}

TEST_CASE("what is taken at the next start only is told apart", "[conf][plan]") {
    CHECK(plan_of(test::with("[process]\nworkers = 2\n"),
                  test::with("[process]\nworkers = 4\nuser = \"f\"\nwatch = true\n")) ==
          Lines{"~ process: watch false -> true",
                "~ process: workers 2 -> 4, user none -> \"f\" (needs a restart)"});
}

TEST_CASE("the admin endpoint comes, goes and changes", "[conf][plan]") {
    CHECK(plan_to("[admin]\n") == Lines{"+ admin"});
    CHECK(plan_from("[admin]\n") == Lines{"- admin"});
    CHECK(plan_of(test::with("[admin]\n"), test::with("[admin]\nhosts = [\"a\", \"b\"]\n")) ==
          Lines{"~ admin: hosts [] -> [\"a\", \"b\"]"});
}

TEST_CASE("expectations are known by their request", "[conf][plan]") {
    const auto expect = [](std::string_view status) {
        return test::with(
            "[[expect]]\nrequest = \"GET http://a/\"\nstatus = " + std::string{status} + "\n");
    };
    CHECK(plan_of(test::with(""), expect("404")) == Lines{"+ expect GET http://a/"});
    CHECK(plan_of(expect("404"), expect("403")) ==
          Lines{"~ expect GET http://a/: status 404 -> 403"});
}

TEST_CASE("secrets are compared and not shown", "[conf][plan]") {
    const auto set = [](std::string_view value) {
        return test::with("[[route]]\nname = \"a\"\npool = \"app\"\nrequest_headers = { set = { " +
                          std::string{value} + " } }\n");
    };
    CHECK(plan_of(set("Authorization = \"a\""), set("Authorization = \"b\"")) ==
          Lines{"~ route a: request_headers.set.Authorization changed"});
    CHECK(plan_of(set(""), set("X-Token = \"b\"")) ==
          Lines{"~ route a: request_headers.set.X-Token added"});
    CHECK(plan_of(set("X-Token = \"b\""), set("")) ==
          Lines{"~ route a: request_headers.set.X-Token removed"});
    CHECK(plan_of(set("X-Env = \"a\""), set("X-Env = \"b\"")) ==
          Lines{"~ route a: request_headers.set.X-Env \"a\" -> \"b\""});
}

TEST_CASE("changes come in the order of the sections", "[conf][plan]") {
    const std::string running = test::with(
        "[listener.old]\nbind = \":81\"\npool = \"app\"\n"
        "[pool.old]\nbackends = [\"127.0.0.1:1\"]\n"
        "[[route]]\nname = \"old\"\npath = \"/old\"\npool = \"old\"\n");
    const std::string wanted = test::with(
        "[[expect]]\nrequest = \"GET http://a/\"\npool = \"app\"\n"
        "[pool.new]\nbackends = [\"127.0.0.1:1\"]\n"
        "[[route]]\nname = \"new\"\npath = \"/new\"\npool = \"new\"\n"
        "[listener.new]\nbind = \":82\"\npool = \"app\"\n"
        "[log]\nlevel = \"warn\"\n[admin]\n[process]\nwatch = true\n");
    CHECK(plan_of(running, wanted) ==
          Lines{"~ process: watch false -> true", "+ admin", "~ log: level \"info\" -> \"warn\"",
                "+ listener new", "- listener old (drains)", "+ route new", "- route old",
                "+ pool new", "- pool old (drains)", "+ expect GET http://a/"});
}

TEST_CASE("ten thousand backends are compared at once", "[conf][plan]") {
    Model model;
    Pool pool;
    pool.name = "app";
    for (int i = 0; i < 10'000; ++i) {
        Backend backend;
        backend.address.host = "10.0.0.1";
        backend.address.port = static_cast<std::uint16_t>(i + 1);
        backend.name = backend.address.text();
        pool.backends.push_back(backend);
    }
    model.pools.push_back(pool);
    Model other = model;
    other.pools[0].backends.erase(other.pools[0].backends.begin());
    std::reverse(other.pools[0].backends.begin(), other.pools[0].backends.end());
    other.pools[0].backends.back().weight = 3;
    const SettingList before = settings(model);
    const SettingList after = settings(other);
    const auto start = std::chrono::steady_clock::now();
    const std::vector<Change> changes = plan(before, after);
    const auto took = std::chrono::steady_clock::now() - start;
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].text() == "~ backend app/10.0.0.1:2: weight 1 -> 3");
    CHECK(changes[1].text() == "- backend app/10.0.0.1:1 (drains)");
    // A few milliseconds; comparing each with each would take seconds, under a sanitizer minutes.
    CHECK(took < std::chrono::seconds{2});
}
