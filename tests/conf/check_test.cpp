#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;
using namespace std::chrono_literals;

namespace {

std::optional<Check> check_of(std::string_view value) {
    return test::pool_of("check = " + std::string{value}).check;
}
std::string check_error(std::string_view value) {
    return test::only_error(test::with_pool("check = " + std::string{value}));
}

}  // namespace

TEST_CASE("without a check there is none", "[conf][check]") {
    CHECK_FALSE(test::pool_of("").check.has_value());
    CHECK_FALSE(check_of("\"off\"").has_value());
}

TEST_CASE("short and long form say the same", "[conf][check]") {
    for (const std::string_view form : {"\"HEAD /up?x=1\"", "{ http = \"HEAD /up?x=1\" }"}) {
        const std::optional<Check> check = check_of(form);
        REQUIRE(check.has_value());
        CHECK(check->kind == CheckKind::Http);
        CHECK(check->method == "HEAD");
        CHECK(check->path == "/up?x=1");
        CHECK(check->expect == std::vector<StatusRange>{{200, 399}});
    }
    for (const std::string_view form : {"\"tcp\"", "{ tcp = true }"}) {
        const std::optional<Check> check = check_of(form);
        REQUIRE(check.has_value());
        CHECK(check->kind == CheckKind::Tcp);
        CHECK(check->send.empty());
    }
}

TEST_CASE("expected statuses are ranges in several spellings", "[conf][check]") {
    const auto expect = [](std::string_view value) {
        const std::optional<Check> check =
            check_of("{ http = \"GET /\", expect = " + std::string{value} + " }");
        return check ? check->expect : std::vector<StatusRange>{};
    };
    CHECK(expect("\"200\"") == std::vector<StatusRange>{{200, 200}});
    CHECK(expect("204") == std::vector<StatusRange>{{204, 204}});
    CHECK(expect("\"200, 301-308\"") == std::vector<StatusRange>{{200, 200}, {301, 308}});
    CHECK(expect("[200, \"400-404\"]") == std::vector<StatusRange>{{200, 200}, {400, 404}});
    CHECK(StatusRange{200, 399}.contains(399));
    CHECK_FALSE(StatusRange{200, 399}.contains(400));
    for (const std::string_view bad : {"2xx", "399-200", "600", "99", "200-", "", "200;300"}) {
        CHECK(check_error("{ http = \"GET /\", expect = \"" + std::string{bad} + "\" }") ==
              "\"" + std::string{bad} +
                  "\" is not a list of statuses | as \"200-399\" or "
                  "\"200,204\"");
    }
}

TEST_CASE("a check that is none says what would be one", "[conf][check]") {
    CHECK(check_error("\"/healthz\"") == "\"check\" has no method | write \"GET /healthz\"");
    CHECK(check_error("\"http\"") ==
          "\"http\" is not a check | write \"GET /healthz\", \"tcp\" or \"tls\"");
    CHECK(
        check_error("\"GET healthz\"") ==
        "\"GET healthz\" is not a method and a path | write \"GET /healthz\", \"tcp\" or \"tls\"");
    CHECK(check_error("\"GET /a b\"") ==
          "\"GET /a b\" is not a method and a path | write \"GET /healthz\", \"tcp\" or \"tls\"");
    CHECK(check_error("true") == "\"check\" must be a string, not a boolean");
    CHECK(check_error("{ every = \"1s\" }") ==
          "\"check\" says none of \"http\", \"tcp\", \"tls\" and \"grpc\" | write http = \"GET "
          "/healthz\", "
          "tcp = true, tls = true or grpc = \"\"");
    CHECK(check_error("{ tcp = false }") ==
          "\"check\" says none of \"http\", \"tcp\", \"tls\" and \"grpc\" | write http = \"GET "
          "/healthz\", "
          "tcp = true, tls = true or grpc = \"\"");
    CHECK(check_error("{ http = \"GET /\", tcp = true }") ==
          "a check is one of \"http\", \"tcp\", \"tls\" and \"grpc\" | remove the others");
    CHECK(check_error("{ tcp = true, host = \"a\" }") ==
          "\"host\" is for http checks | this is a tcp check");
    CHECK(check_error("{ http = \"GET /\", send = \"x\" }") ==
          "\"send\" is for tcp checks | this is an http check");
    CHECK(check_error("{ http = \"GET /\", host = \"a b\" }") ==
          "\"a b\" is not a host | as \"app.internal\" or \"app.internal:8080\"");
    CHECK(check_error("{ http = \"GET /\", host = \"a\\r\\nb\" }") ==
          "\"a??b\" is not a host | as \"app.internal\" or \"app.internal:8080\"");
    CHECK(check_error("{ tcp = true, port = 65536 }") == "\"port\" must be 0 to 65535");
    CHECK(check_error("{ tcp = true, rise = 101 }") == "\"rise\" must be 1 to 100");
    CHECK(check_error("{ tcp = true, init = \"unknown\" }") ==
          "unknown init \"unknown\" in [pool.app.check] | one of probe, up, down");
}

TEST_CASE("a check's timeout is within its interval, and defaults give way", "[conf][check]") {
    CHECK(check_error("{ tcp = true, timeout = \"3s\" }") ==
          "\"timeout\" (3s) is longer than \"every\" (2s) | \"every\" ends first, so \"timeout\" "
          "would never be reached");
    CHECK(check_of("{ tcp = true, timeout = \"2s\" }")->timeout == 2s);
    const std::optional<Check> quick = check_of("{ tcp = true, every = \"100ms\" }");
    REQUIRE(quick.has_value());
    CHECK(quick->timeout == 100ms);
    CHECK(quick->every_changing == 100ms);
    CHECK(quick->every_down == 5s);
}
