#include <map>

#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

LoadResult load_in(std::map<std::string, std::string, std::less<>> variables,
                   std::string_view text) {
    LoadOptions options = test::options();
    options.environment = [&](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
    };
    return load_text(text, "f.toml", options);
}

}  // namespace

TEST_CASE("variables are replaced in every string value", "[conf][environment]") {
    const LoadResult result =
        load_in({{"PORT", "9000"}, {"POOL", "app"}},
                "[listener.web]\nbind = [\":${PORT}\"]\npool = \"${POOL}\"\n"
                "[pool.app]\nbackends = [{ address = \"127.0.0.1:${PORT}\" }]\n");
    CHECK(render(result.errors) == "");
    CHECK(result.model.listeners[0].bind[0].address.address.port == 9000);
    CHECK(result.model.pools[0].backends[0].name == "127.0.0.1:9000");
}

TEST_CASE("two dollars are one, and a dollar before anything else stays", "[conf][environment]") {
    const LoadResult result =
        load_in({{"A", "${B}"}},
                test::with("[[route]]\npath = \"/x\"\nstatus = 200\nbody = \"$${A} $5 ${A} $\"\n"));
    CHECK(render(result.errors) == "");
    CHECK(result.model.routes[0].body == "${A} $5 ${B} $");
}

TEST_CASE("a variable cannot bring TOML into the file", "[conf][environment]") {
    const LoadResult result =
        load_in({{"A", "\"\n[pool.evil]\n"}},
                test::with("[[route]]\npath = \"/x\"\nstatus = 200\nbody = \"${A}\"\n"));
    CHECK(result.ok());
    CHECK(result.model.pools.size() == 1);
}

TEST_CASE("an unset variable is one error at its place, beside all others", "[conf][environment]") {
    CHECK(
        test::errors_of("[listener.web]\nbind = \"127.0.0.1:${PORT}\"\npool = \"app\"\nbogus = 1\n"
                        "[pool.app]\nbackends = [\"127.0.0.1:1\"]\n") ==
        R"(f.toml:2:19: error: environment variable "PORT" is not set
    2 | bind = "127.0.0.1:${PORT}"
      |                   ^^^^^^^
f.toml:4:1: error: unknown key "bogus" in [listener.web]
    4 | bogus = 1
      | ^^^^^
)");
}

TEST_CASE("a reference that is none is an error that shows how to write a dollar",
          "[conf][environment]") {
    const auto with_body = [](std::string_view body) {
        return test::only_error(test::with("[[route]]\npath = \"/x\"\nstatus = 200\nbody = \"" +
                                           std::string{body} + "\"\n"));
    };
    CHECK(with_body("a ${B") == "\"${\" without its \"}\" | write \"$$\" for a dollar");
    CHECK(with_body("${a b}") ==
          "\"a b\" is not the name of a variable | write \"$$\" for a dollar");
    CHECK(with_body("${}") == "\"\" is not the name of a variable | write \"$$\" for a dollar");
    CHECK(with_body("${1A}") == "\"1A\" is not the name of a variable | write \"$$\" for a dollar");
}

TEST_CASE("without a lookup the environment of the process is used", "[conf][environment]") {
    REQUIRE(setenv("FAIRLEAD_TEST_PORT", "8123", 1) == 0);
    const LoadResult result =
        load_text("[listener.web]\nbind = \":${FAIRLEAD_TEST_PORT}\"\npool = \"app\"\n" +
                      std::string{test::kPool},
                  "f.toml");
    REQUIRE(result.ok());
    CHECK(result.model.listeners[0].bind[0].address.address.port == 8123);
}
