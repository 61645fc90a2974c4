#include "conf/expect.h"

#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;
using test::only_error;

namespace {

std::string with_expect(std::string_view lines) {
    return test::with("[[expect]]\n" + std::string{lines});
}

/// What is printed when every request ends in `outcome`.
std::string checked(std::string_view lines, const Outcome& outcome) {
    const LoadResult result = test::load(with_expect(lines));
    REQUIRE(render(result.errors) == "");
    return render(check_expectations(result.model, [&](const ExpectRequest&) { return outcome; }));
}

Outcome to_pool(std::string pool) { return {"", std::move(pool), std::nullopt, std::nullopt}; }

}  // namespace

TEST_CASE("an expectation that is met says nothing", "[conf][expect]") {
    CHECK(checked("request = \"GET http://a/\"\npool = \"app\"", to_pool("app")) == "");
    CHECK(checked("request = \"GET http://a/\"\nstatus = 404", {"", {}, 404, {}}) == "");
    const Outcome redirect{"r", {}, 308, "https://b/"};
    CHECK(checked("request = \"GET http://a/\"\nredirect = \"https://b/\"", redirect) == "");
    CHECK(checked("request = \"GET http://a/\"\nredirect = \"https://b/\"\nstatus = 308",
                  redirect) == "");
    CHECK(checked("request = \"GET http://a/\"\nstatus = 308", redirect) == "");
}

TEST_CASE("an expectation that is not met says where the request went and why", "[conf][expect]") {
    CHECK(checked("request = \"GET http://a/x\"\npool = \"app\"", {"api", "other", {}, {}}) ==
          R"(f.toml:8:8: error: GET http://a/x goes to pool "other", not to pool "app"
    8 | pool = "app"
      |        ^^^^^ the route "api" takes it
)");
    CHECK(checked("request = \"GET http://a/x\"\nstatus = 404", to_pool("app")) ==
          R"(f.toml:8:10: error: GET http://a/x goes to pool "app", not with status 404
    8 | status = 404
      |          ^^^ no route takes it; [listener.web] sends it there
)");
    CHECK(checked("request = \"GET http://a/x\"\nredirect = \"/y\"", {"", {}, 404, {}}) ==
          R"(f.toml:8:12: error: GET http://a/x is answered with status 404, not redirected to "/y"
    8 | redirect = "/y"
      |            ^^^^ no route of [listener.web] takes it
)");
    CHECK(checked("request = \"GET http://a/x\"\nredirect = \"/y\"\nstatus = 301",
                  {"r", {}, 302, "/y"})
              .find("is redirected to \"/y\" with status 302, not redirected to \"/y\" with status "
                    "301") != std::string::npos);
}

TEST_CASE("the request is handed over as it is written", "[conf][expect]") {
    const LoadResult result = test::load(with_expect(
        "request = \"POST https://API.a.com:444/x?y\"\nheader = { X-A = \"1\" }\nstatus = 1"
        "00"));
    REQUIRE(result.ok());
    int calls = 0;
    check_expectations(result.model, [&](const ExpectRequest& request) {
        ++calls;
        CHECK(request.method == "POST");
        CHECK(request.scheme == "https");
        CHECK(request.host == "api.a.com");
        CHECK(request.port == 444);
        CHECK(request.target == "/x?y");
        REQUIRE(request.header.size() == 1);
        CHECK(request.header[0].name == "X-A");
        return Outcome{};
    });
    CHECK(calls == 1);
}

TEST_CASE("without a name the listener is the one whose port fits, else the first",
          "[conf][expect]") {
    const auto listener = [](std::string_view lines) {
        const LoadResult result = test::load(
            with_expect(lines) + "[listener.b]\nbind = [\":81\", \":80\"]\npool = \"app\"\n");
        REQUIRE(render(result.errors) == "");
        std::string name;
        check_expectations(result.model, [&](const ExpectRequest& request) {
            name = request.listener.name;
            return to_pool("app");
        });
        return name;
    };
    CHECK(listener("pool = \"app\"\nrequest = \"GET http://a/\"") == "b");
    CHECK(listener("pool = \"app\"\nrequest = \"GET http://a:81/\"") == "b");
    CHECK(listener("pool = \"app\"\nrequest = \"GET http://a:8080/\"") == "web");
    CHECK(listener("pool = \"app\"\nrequest = \"GET http://a:99/\"") == "web");
    CHECK(listener("pool = \"app\"\nrequest = \"GET https://a:81/\"") == "web");
    CHECK(listener("pool = \"app\"\nlistener = \"b\"\nrequest = \"GET http://a:8080/\"") == "b");
}

TEST_CASE("an expectation says what it expects, once", "[conf][expect]") {
    CHECK(only_error(with_expect("request = \"GET http://a/\"")) ==
          "[[expect]] does not say what it expects | write pool = \"NAME\", status = 404 or "
          "redirect = \"URL\"");
    CHECK(only_error(with_expect("request = \"GET http://a/\"\npool = \"app\"\nstatus = 404")) ==
          "a request goes to a \"pool\" or is answered here, not both | remove one of them");
    CHECK(only_error(with_expect("pool = \"app\"")) ==
          "[[expect]] has no \"request\" | write request = \"GET http://example.com/\"");
    CHECK(only_error(with_expect("request = \"GET http://a/\"\npool = \"apq\"")) ==
          "unknown pool \"apq\" in [[expect]] | did you mean \"app\"?");
    CHECK(
        only_error(with_expect("request = \"GET http://a/\"\nlistener = \"x\"\npool = \"app\"")) ==
        "unknown listener \"x\" in [[expect]] | write a [listener.x] section");
    CHECK(only_error(with_expect("request = \"GET http://a/\"\nheader = { \"a b\" = \"1\" }\n"
                                 "pool = \"app\"")) ==
          "\"a b\" is not a header field | as X-Canary = \"1\"");
}
