#include "proxy/base/error.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace fairlead {
namespace {

TEST_CASE("an error shows the line, a caret and the cure", "[base][error]") {
    const Error error{"unknown key \"retrys\" in [pool.api]",
                      "did you mean \"retry\"?",
                      {"edge.toml", 47, 1, 6, "retrys = { attempts = 2 }"}};
    CHECK(error.render() ==
          "edge.toml:47:1: error: unknown key \"retrys\" in [pool.api]\n"
          "   47 | retrys = { attempts = 2 }\n"
          "      | ^^^^^^ did you mean \"retry\"?\n");
}

TEST_CASE("a caret stands under the value it means", "[base][error]") {
    const Error error{"\"every\" needs a unit",
                      "write \"2s\"",
                      {"edge.toml", 52, 35, 1, "check = { http = \"GET /\", every = 2 }"}};
    CHECK(error.render() ==
          "edge.toml:52:35: error: \"every\" needs a unit\n"
          "   52 | check = { http = \"GET /\", every = 2 }\n"
          "      |                                   ^ write \"2s\"\n");
}

TEST_CASE("tabs before the caret move it as they move the line", "[base][error]") {
    const Error error{"unknown key", "remove it", {"a.toml", 3, 3, 2, "\t\txy = 1"}};
    CHECK(error.render() ==
          "a.toml:3:3: error: unknown key\n"
          "    3 | \t\txy = 1\n"
          "      | \t\t^^ remove it\n");
}

TEST_CASE("a letter of two bytes takes one column", "[base][error]") {
    // "é" before the value, "ü" in it.
    const Error error{"bad", "", {"a.toml", 1, 8, 5, "n\xC3\xA9 = \"\xC3\xBC\""}};
    CHECK(error.render() ==
          "a.toml:1:8: error: bad\n"
          "    1 | n\xC3\xA9 = \"\xC3\xBC\"\n"
          "      |       ^^\n");
}

TEST_CASE("a caret past the end of the line stays at its end", "[base][error]") {
    const Error error{"value missing", "", {"a.toml", 9, 99, 40, "a ="}};
    CHECK(error.render() ==
          "a.toml:9:99: error: value missing\n"
          "    9 | a =\n"
          "      |    ^\n");
}

TEST_CASE("an underline ends with the line", "[base][error]") {
    const Error error{"open string", "", {"a.toml", 9, 5, 40, "a = \"b"}};
    CHECK(error.render() ==
          "a.toml:9:5: error: open string\n"
          "    9 | a = \"b\n"
          "      |     ^^\n");
}

TEST_CASE("a line without a known column is shown without a caret", "[base][error]") {
    CHECK(Error{"odd", "", {"a.toml", 2, 0, 0, "x = 1"}}.render() ==
          "a.toml:2: error: odd\n"
          "    2 | x = 1\n");
    CHECK(Error{"odd", "write 2", {"a.toml", 2, 0, 0, "x = 1"}}.render() ==
          "a.toml:2: error: odd\n"
          "    2 | x = 1\n"
          "      | write 2\n");
}

TEST_CASE("a line number of six digits widens the margin of both lines", "[base][error]") {
    CHECK(Error{"odd", "", {"a.toml", 123456, 1, 1, "x = 1"}}.render() ==
          "a.toml:123456:1: error: odd\n"
          "123456 | x = 1\n"
          "       | ^\n");
}

TEST_CASE("control bytes of a line do not reach the terminal", "[base][error]") {
    CHECK(Error{"odd", "", {"a.toml", 1, 1, 1, "x\x1B[2J"}}.render() ==
          "a.toml:1:1: error: odd\n"
          "    1 | x?[2J\n"
          "      | ^\n");
}

TEST_CASE("an error without a place has its hint on the next line", "[base][error]") {
    CHECK(Error{"no listener", "add a [listener.web]", {}}.render() ==
          "error: no listener\n"
          "  add a [listener.web]\n");
    CHECK(Error{"no listener", "", {}}.render() == "error: no listener\n");
    CHECK(Error{"cannot be read", "", {"a.toml", 0, 0, 0, ""}}.render() ==
          "a.toml: error: cannot be read\n");
}

TEST_CASE("an error learns the table it is in", "[base][error]") {
    CHECK(Error{"unknown policy \"x\"", "", {}}.in("pool", "api").message ==
          "unknown policy \"x\" in [pool.api]");
    CHECK(Error{"unknown key \"x\"", "", {}}.in("process", "").message ==
          "unknown key \"x\" in [process]");
}

TEST_CASE("errors are sorted by file and line", "[base][error]") {
    const std::vector<Error> errors{
        {"third", "", {"main.toml", 9, 1, 1, ""}},
        {"second", "", {"main.toml", 2, 7, 1, ""}},
        {"fourth", "", {"a.toml", 1, 1, 1, ""}},
        {"first", "", {"main.toml", 2, 3, 1, ""}},
    };
    CHECK(render(errors) ==
          "main.toml:2:3: error: first\n"
          "main.toml:2:7: error: second\n"
          "main.toml:9:1: error: third\n"
          "a.toml:1:1: error: fourth\n");
}

}  // namespace
}  // namespace fairlead
