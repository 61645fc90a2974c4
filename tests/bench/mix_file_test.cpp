#include "bench/mix_file.h"

#include "tests/support/catch.h"

namespace fairlead::bench {

TEST_CASE("a mix names targets and requests with their weights", "[bench][mix]") {
    const auto mix = parse_mix(
        "[[target]]\n"
        "url    = \"http://127.0.0.1:8080\"\n"
        "weight = 3\n"
        "[[target]]\n"
        "url = \"http://[::1]:8081\"\n"
        "[[request]]\n"
        "path   = \"/cart?id=1\"\n"
        "method = \"POST\"\n"
        "header = { X-Env = \"a\", Accept = \"*/*\" }\n"
        "body_size = \"10KiB\"\n"
        "weight = 2\n"
        "[[request]]\n"
        "path = \"/\"\n",
        "mix.toml");
    REQUIRE(mix);
    REQUIRE(mix->targets.size() == 2);
    CHECK(mix->targets[0].weight == 3);
    CHECK(mix->targets[1].url.where.port == 8081);
    REQUIRE(mix->requests.size() == 2);
    CHECK(mix->requests[0].path == "/cart?id=1");
    CHECK(mix->requests[0].method == "POST");
    CHECK(mix->requests[0].fields == std::vector<std::string>{"X-Env: a", "Accept: */*"});
    CHECK(mix->requests[0].body_bytes == 10'240);
    CHECK(mix->requests[0].weight == 2);
    CHECK(mix->requests[1].weight == 1);
}

TEST_CASE("every mistake of a mix is told at once, with its line and its cure", "[bench][mix]") {
    const auto mix = parse_mix(
        "[[target]]\n"
        "url = \"http://a/path\"\n"
        "[[request]]\n"
        "path = \"cart\"\n"
        "wieght = 2\n"
        "[[request]]\n"
        "weight = 0\n"
        "header = { Content-Length = \"5\" }\n",
        "mix.toml");
    REQUIRE_FALSE(mix);
    CHECK(render(mix.error()) ==
          "mix.toml:2:7: error: a target's url has no path here\n"
          "    2 | url = \"http://a/path\"\n"
          "      |       ^^^^^^^^^^^^^^^ write path = \"/path\" in a [[request]]\n"
          "mix.toml:4:8: error: \"path\" must begin with \"/\"\n"
          "    4 | path = \"cart\"\n"
          "      |        ^^^^^^ as \"/search?q=1\", without spaces\n"
          "mix.toml:5:1: error: unknown key \"wieght\" in [[request]]\n"
          "    5 | wieght = 2\n"
          "      | ^^^^^^ did you mean \"weight\"?\n"
          "mix.toml:7:10: error: \"weight\" must be 1 to 1000000\n"
          "    7 | weight = 0\n"
          "      |          ^\n"
          "mix.toml:8:12: error: Content-Length is written by the generator itself\n"
          "    8 | header = { Content-Length = \"5\" }\n"
          "      |            ^^^^^^^^^^^^^^ give the length of a body with --body-size\n");
}

TEST_CASE("a mix tunnels no more than the command line does", "[bench][mix]") {
    const auto mix = parse_mix("[[request]]\nmethod = \"CONNECT\"\n", "mix.toml");
    REQUIRE_FALSE(mix);
    CHECK(mix.error().front().message == "\"method\" is not for this");
    CHECK(mix.error().front().hint == "write method = \"POST\"");
}

TEST_CASE("a mix of nothing is an error", "[bench][mix]") {
    const auto mix = parse_mix("", "mix.toml");
    REQUIRE_FALSE(mix);
    CHECK(mix.error().front().message == "mix.toml names no target and no request");
}

}  // namespace fairlead::bench
