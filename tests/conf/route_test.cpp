#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;
using namespace std::chrono_literals;

namespace {

std::string with_route(std::string_view lines) {
    return test::with("[[route]]\n" + std::string{lines});
}
std::string route_error(std::string_view lines) { return test::only_error(with_route(lines)); }

Route route_of(std::string_view lines) {
    const LoadResult result = test::load(with_route(lines));
    CHECK(render(result.errors) == "");
    return result.model.routes.size() == 1 ? result.model.routes.front() : Route{};
}

}  // namespace

TEST_CASE("a name made from a match holds no secret, and still tells routes apart",
          "[conf][route]") {
    const LoadResult result = test::load(test::with(
        "[[route]]\nheader = { X-Api-Key = \"hunter2\" }\npool = \"app\"\n"
        "[[route]]\nheader = { X-Api-Key = \"hunter3\" }\npool = \"app\"\n"
        "[[route]]\nheader = { X-Api-Key = \"*\", X-Env = \"prod\" }\npool = \"app\"\n"));
    REQUIRE(render(result.errors) == "");
    const std::vector<Route>& routes = result.model.routes;
    CHECK(routes[0].name.starts_with("X-Api-Key=#"));
    CHECK(routes[0].name.size() == std::string_view{"X-Api-Key=#123456"}.size());
    CHECK(routes[0].name != routes[1].name);
    CHECK(routes[2].name == "X-Api-Key=*,X-Env=prod");
}

TEST_CASE("host, path and method are one or several", "[conf][route]") {
    const Route one = route_of(
        "host = \"API.example.com.:443\"\npath = \"/v1/*\"\nmethod = \"GET\"\npool = \"app\"");
    CHECK(one.host == std::vector<HostPattern>{{"api.example.com", false}});
    CHECK(one.path == std::vector<PathPattern>{{"/v1", true}});
    CHECK(one.method == std::vector<std::string>{"GET"});
    const Route several = route_of(
        "host = [\"*.example.com\", \"[::1]\"]\npath = [\"/\", \"/*\"]\nmethod = [\"GET\", "
        "\"PURGE\"]\npool = \"app\"");
    CHECK(several.host == std::vector<HostPattern>{{"example.com", true}, {"[::1]", false}});
    CHECK(several.path == std::vector<PathPattern>{{"/", false}, {"", true}});
    CHECK(several.method.size() == 2);
}

TEST_CASE("header conditions compare a value or ask for presence", "[conf][route]") {
    const Route route = route_of("header = { X-Canary = \"1\", X-Any = \"*\" }\npool = \"app\"");
    REQUIRE(route.header.size() == 2);
    CHECK(route.header[0].name == "X-Canary");
    CHECK(route.header[0].value == "1");
    CHECK_FALSE(route.header[1].value.has_value());
    CHECK(route_error("header = { X = 1 }\npool = \"app\"") ==
          "\"X\" must be a string, not a number | write \"1\"");
    CHECK(route_error("header = [\"X\"]\npool = \"app\"") ==
          "\"header\" must be a table, not a list | write { NAME = \"VALUE\" }");
    CHECK(route_error("header = { \"X Y\" = \"1\" }\npool = \"app\"") ==
          "\"X Y\" is not a header name | letters, digits and \"-\"");
}

TEST_CASE("a route without a name is named after what it matches", "[conf][route]") {
    CHECK(route_of("pool = \"app\"").name == "*");
    CHECK(route_of("name = \"x\"\npool = \"app\"").name == "x");
    CHECK(
        route_of("listener = \"web\"\nhost = [\"a.com\", \"*.b.com\"]\npath = \"/v1/*\"\nmethod = "
                 "[\"GET\", \"POST\"]\nheader = { X-A = \"1\", X-B = \"*\" }\npool = \"app\"")
            .name == "web a.com,*.b.com /v1/* GET,POST X-A=1,X-B=*");
    CHECK(route_error("name = \"a b\"\npool = \"app\"") ==
          "\"a b\" cannot be the name of a route | 1 to 128 letters, digits, \"-\", \"_\" and "
          "\".\"");
}

TEST_CASE("a route has exactly one action", "[conf][route]") {
    CHECK(route_error("path = \"/\"") ==
          "this route has no action | write pool = \"NAME\", split = { POOL = 95, OTHER = 5 }, "
          "redirect = \"URL\" or status = 404");
    CHECK(route_error("pool = \"app\"\nredirect = \"/\"") ==
          "a route has one action, this one has \"pool\" and \"redirect\" | remove one of them");
    CHECK(route_error("pool = \"app\"\nstatus = 404") ==
          "a route has one action, this one has \"pool\" and \"status\" | remove one of them");
    CHECK(route_error("pool = \"apq\"") ==
          "unknown pool \"apq\" in [[route]] | did you mean \"app\"?");
    CHECK(route_error("pool = \"zzzzz\"") ==
          "unknown pool \"zzzzz\" in [[route]] | write a [pool.zzzzz] section");
}

TEST_CASE("a redirect has a status of its kind and a template", "[conf][route]") {
    const Route route = route_of("redirect = \"https://{host}/x{uri}\"");
    CHECK(route.action == Action::Redirect);
    CHECK(route.status == 302);
    REQUIRE(route.redirect_pieces.size() == 4);
    CHECK(route.redirect_pieces[0].literal == "https://");
    CHECK(route.redirect_pieces[1].kind == RedirectPiece::Kind::Host);
    CHECK(route.redirect_pieces[2].literal == "/x");
    CHECK(route.redirect_pieces[3].kind == RedirectPiece::Kind::Uri);
    CHECK(route_of("redirect = \"/\"\nstatus = 308").status == 308);
    CHECK(route_error("redirect = \"/\"\nstatus = 200") == "\"status\" must be 300 to 399");
    CHECK(route_error("redirect = \"/\"\nbody = \"x\"") ==
          "\"body\" goes with \"status\" alone | remove \"body\"");
}

TEST_CASE("a fixed answer has a status and perhaps a body", "[conf][route]") {
    const Route route = route_of("status = 503\nbody = \"closed\"");
    CHECK(route.action == Action::Status);
    CHECK(route.status == 503);
    CHECK(route.body == "closed");
    CHECK(route_error("status = 600") == "\"status\" must be 200 to 599");
    CHECK(route_error("status = 204\nbody = \"x\"") ==
          "an answer with status 204 has no body | remove \"body\"");
    CHECK(route_error("pool = \"app\"\nbody = \"x\"") ==
          "\"body\" goes with \"status\" alone | remove \"body\"");
}

TEST_CASE("header rules change anything but what the balancer makes itself", "[conf][route]") {
    const Route route = route_of(
        "pool = \"app\"\nrequest_headers = { set = { X-A = \"1\" }, add = { X-B = \"\" }, remove = "
        "\"X-C\" }\nresponse_headers = { remove = [\"Server\", \"X-Powered-By\"] }");
    REQUIRE(route.request_headers.set.size() == 1);
    CHECK(route.request_headers.set[0].name == "X-A");
    CHECK(route.request_headers.set[0].value == "1");
    CHECK(route.request_headers.add.size() == 1);
    CHECK(route.request_headers.remove == std::vector<std::string>{"X-C"});
    CHECK(route.response_headers.remove.size() == 2);
    CHECK_FALSE(route.response_headers.empty());
    const auto rule = [](std::string_view rules) {
        return route_error("pool = \"app\"\n" + std::string{rules});
    };
    CHECK(rule("request_headers = { set = { Content-Length = \"1\" } }") ==
          "no rule can change \"Content-Length\" | the balancer makes it for each connection");
    CHECK(rule("response_headers = { remove = [\"transfer-encoding\"] }") ==
          "no rule can change \"transfer-encoding\" | the balancer makes it for each connection");
    CHECK(rule("request_headers = { set = { Host = \"a\" } }") ==
          "no rule can change \"Host\" | write host_header in the pool");
    CHECK(rule("request_headers = { remove = [\"host\"] }") ==
          "no rule can remove \"Host\" | every request has one");
    CHECK(rule("request_headers = { add = { X = \"a\\r\\nY: b\" } }") ==
          "the value of \"X\" has characters that no header may have | no line ends, control "
          "characters or spaces around it");
    CHECK(rule("request_headers = { remove = [\"a:b\"] }") ==
          "\"a:b\" is not a header name | letters, digits and \"-\"");
}

TEST_CASE("methods keep their case", "[conf][route]") {
    CHECK(route_error("method = \"post\"\npool = \"app\"") ==
          "the method \"post\" never comes | write \"POST\": methods keep their case");
    CHECK(route_error("method = \"A B\"\npool = \"app\"") ==
          "\"A B\" is not a method | as \"GET\"");
    CHECK(route_error("method = []\npool = \"app\"") ==
          "\"method\" is empty | leave it out to match everything");
    CHECK(route_error("host = []\npool = \"app\"") ==
          "\"host\" is empty | leave it out to match everything");
}

TEST_CASE("a route's retry and queue are laid over the pool's", "[conf][route]") {
    const LoadResult result = test::load(
        test::with_pool("max_in_flight = 1\nretry = { attempts = 4, budget = \"7%\" }\n"
                        "queue = { size = 5, wait = \"9s\" }") +
        "[[route]]\npath = \"/a\"\npool = \"app\"\nretry = { budget = \"1%\" }\nqueue = { wait = "
        "\"2s\" }\n[[route]]\npath = \"/b\"\npool = \"app\"\nretry = \"off\"\n"
        "[[route]]\npath = \"/c\"\npool = \"app\"\n");
    REQUIRE(render(result.errors) == "");
    REQUIRE(result.model.routes[0].retry.has_value());
    CHECK(result.model.routes[0].retry->attempts == 4);
    CHECK(result.model.routes[0].retry->budget == 0.01);
    REQUIRE(result.model.routes[0].queue.has_value());
    CHECK(result.model.routes[0].queue->size == 5);
    CHECK(result.model.routes[0].queue->wait == 2s);
    REQUIRE(result.model.routes[1].retry.has_value());
    CHECK(result.model.routes[1].retry->attempts == 0);
    CHECK_FALSE(result.model.routes[2].retry.has_value());
    CHECK_FALSE(result.model.routes[2].queue.has_value());
}

TEST_CASE("a route's times fit its own total, or else the pool's", "[conf][route]") {
    const Route route =
        route_of("pool = \"app\"\ntimeouts = { response = \"5s\", total = \"none\" }");
    CHECK(route.timeouts.response == Duration{5s});
    CHECK(route.timeouts.total == kForever);
    CHECK(route_error("pool = \"app\"\ntimeouts = { response = \"5s\", total = \"5s\" }") ==
          "\"response\" (5s) is not shorter than \"total\" (5s) | \"total\" ends first, so "
          "\"response\" would never be reached");
    CHECK(test::only_error(test::with_pool("timeouts = { total = \"5s\" }") +
                           "[[route]]\npool = \"app\"\ntimeouts = { response = \"6s\" }\n") ==
          "\"response\" (6s) is not shorter than \"total\" (5s) | \"total\" ends first, so "
          "\"response\" would never be reached");
    CHECK(route_error(
              "pool = \"app\"\ntimeouts = { total = \"5s\" }\nretry = { per_try = \"6s\" }") ==
          "\"per_try\" (6s) is longer than \"total\" (5s) | \"total\" ends first, so \"per_try\" "
          "would never be reached");
    CHECK(route_error("pool = \"app\"\ntimeouts = { connect = \"5s\" }") ==
          "unknown key \"connect\" in [route.timeouts]");
}

TEST_CASE("what only a pool can use is refused without one", "[conf][route]") {
    for (const std::string_view line :
         {"retry = \"off\"", "queue = 5", "timeouts = {}", "request_headers = {}"}) {
        const std::string key{line.substr(0, line.find(' '))};
        CHECK(route_error("status = 404\n" + std::string{line}) ==
              "\"" + key + "\" has no effect without \"pool\" | remove it");
    }
}

TEST_CASE("a split names pools and their weights", "[conf][route]") {
    const LoadResult result =
        test::load(with_route("split = { app = 95, canary = 5, old = 0 }\n"
                              "[pool.canary]\nbackends = [\"127.0.0.1:2\"]\n"
                              "[pool.old]\nbackends = [\"127.0.0.1:3\"]\n"));
    REQUIRE(render(result.errors) == "");
    CHECK(render(result.warnings).find("nothing uses") == std::string::npos);
    const Route& route = result.model.routes.front();
    CHECK(route.action == Action::Split);
    REQUIRE(route.split.size() == 3);
    CHECK(route.split[0].pool == "app");
    CHECK(route.split[0].weight == 95);
    CHECK(route.split[1].pool == "canary");
    CHECK(route.split[1].weight == 5);
    CHECK(route.split[2].weight == 0);
}

TEST_CASE("a split that says nothing sure is an error", "[conf][route]") {
    CHECK(route_error("split = { ap = 1 }") ==
          "unknown pool \"ap\" in [[route]] | did you mean \"app\"?");
    CHECK(route_error("split = {}") == "\"split\" is empty | write { POOL = 95, OTHER = 5 }");
    CHECK(route_error("split = { app = 0 }") ==
          "no pool of \"split\" has a weight above 0 | give one of them a weight of 1");
    CHECK(route_error("split = \"app\"") ==
          "\"split\" must be a table, not a string | write { POOL = 95, OTHER = 5 }");
    CHECK(route_error("split = { app = \"95%\" }") ==
          "\"app\" must be a number, not a string | write a weight, as 95");
    CHECK(route_error("pool = \"app\"\nsplit = { app = 1 }") ==
          "a route has one action, this one has \"pool\" and \"split\" | remove one of them");
    CHECK(route_error("split = { app = 1 }\nstatus = 404") ==
          "a route has one action, this one has \"split\" and \"status\" | remove one of them");
    CHECK(route_error("split = { app = 1 }\nretry = \"off\"") ==
          "\"retry\" has no effect with \"split\" | write it in the pools: each keeps its own");
}

TEST_CASE("a route's rate is so many in a time, twice as many at once", "[conf][route]") {
    const auto rate_of = [](std::string_view lines) {
        const LoadResult result = test::load(with_route(lines));
        CHECK(render(result.errors) == "");
        return result.model.routes.front().rate;
    };
    const auto rate = rate_of("pool = \"app\"\nrate = \"50/s\"");
    REQUIRE(rate);
    CHECK(rate->requests == 50);
    CHECK(rate->period == 1s);
    CHECK(rate->burst == 100);
    const auto whole = rate_of("status = 404\nrate = { limit = \"10/2m\", burst = 3 }");
    REQUIRE(whole);
    CHECK(whole->period == 2min);
    CHECK(whole->burst == 3);
    CHECK_FALSE(rate_of("pool = \"app\"\nrate = \"none\""));
    CHECK_FALSE(rate_of("pool = \"app\""));
}

TEST_CASE("a rate that is none says how it is written", "[conf][route]") {
    CHECK(route_error("pool = \"app\"\nrate = \"fast\"") ==
          "\"fast\" is no number of requests in a time | as \"50/s\" or \"100/30s\", "
          "1 to 1000000 in 1s to 1h");
    CHECK(route_error("pool = \"app\"\nrate = 50") ==
          "\"rate\" must be a string, not a number | write \"50/s\"");
    CHECK(route_error("pool = \"app\"\nrate = {}") ==
          "\"rate\" has no \"limit\" | write rate = { limit = \"50/s\" }");
    CHECK(route_error("pool = \"app\"\nrate = { limit = \"5/s\", burst = 0 }") ==
          "\"burst\" must be 1 to 1000000");
    CHECK(route_error("pool = \"app\"\nrate = { limit = \"5/s\", per = \"user\" }") ==
          "unknown per \"user\" in [route.rate] | only \"client_ip\" is supported");
}
