#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;
using test::only_error;

namespace {

/// Two routes; whether the second can never match.
bool is_reported(std::string_view first, std::string_view second) {
    const LoadResult result =
        test::load(test::with("[[route]]\nstatus = 200\n" + std::string{first} +
                              "\n[[route]]\nstatus = 201\n" + std::string{second} + "\n") +
                   "[listener.other]\nbind = \":81\"\npool = \"app\"\n");
    if (result.errors.empty()) return false;
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].message ==
          "this route can never match: the one in line 6 takes all its requests");
    CHECK(result.errors[0].where.text == "[[route]]");
    return true;
}

}  // namespace

TEST_CASE("a route behind one that takes all its requests can never match", "[conf][cross]") {
    CHECK(is_reported("", "path = \"/a\""));
    CHECK(is_reported("path = \"/a/*\"", "path = \"/a/b/*\""));
    CHECK(is_reported("path = \"/a/*\"", "path = \"/a\""));
    CHECK(is_reported("path = \"/*\"", "path = [\"/a\", \"/b/*\"]"));
    CHECK(is_reported("host = \"*.a.com\"", "host = \"x.A.com\""));
    CHECK(is_reported("host = [\"b.com\", \"a.com\"]", "host = \"a.com\"\npath = \"/x\""));
    CHECK(is_reported("method = [\"GET\", \"PUT\"]", "method = \"PUT\""));
    CHECK(is_reported("header = { X-A = \"*\" }", "header = { x-a = \"1\", X-B = \"2\" }"));
    CHECK(is_reported("", "listener = \"web\""));
    CHECK(is_reported("listener = \"web\"", "listener = \"web\"\npath = \"/a\""));
}

TEST_CASE("a route that something gets past is left alone", "[conf][cross]") {
    CHECK_FALSE(is_reported("path = \"/a\"", "path = \"/a/*\""));
    CHECK_FALSE(is_reported("path = \"/a/*\"", "path = \"/ab\""));
    CHECK_FALSE(is_reported("path = \"/a/*\"", ""));
    CHECK_FALSE(is_reported("path = \"/a/*\"", "path = [\"/a\", \"/b\"]"));
    CHECK_FALSE(is_reported("host = \"*.a.com\"", "host = \"x.y.a.com\""));
    CHECK_FALSE(is_reported("host = \"*.a.com\"", "host = \"a.com\""));
    CHECK_FALSE(is_reported("host = \"x.a.com\"", "host = \"*.a.com\""));
    CHECK_FALSE(is_reported("method = \"GET\"", "path = \"/\""));
    CHECK_FALSE(is_reported("header = { X-A = \"1\" }", "header = { X-A = \"*\" }"));
    CHECK_FALSE(is_reported("header = { X-A = \"1\" }", "path = \"/\""));
    CHECK_FALSE(is_reported("listener = \"other\"", "listener = \"web\""));
    CHECK_FALSE(is_reported("listener = \"other\"", "path = \"/\""));
}

TEST_CASE("a route with a mistake in its match is not said to shadow others", "[conf][cross]") {
    CHECK(only_error(test::with("[[route]]\npath = \"a\"\nstatus = 200\n[[route]]\npath = \"/b\"\n"
                                "status = 200\n")) == "\"a\" is not a path | write \"/a\"");
    CHECK(only_error(test::with("[[route]]\npth = \"/a\"\nstatus = 200\n[[route]]\npath = \"/b\"\n"
                                "status = 200\n")) ==
          "unknown key \"pth\" in [[route]] | did you mean \"path\"?");
}

TEST_CASE("two routes of one name name both places", "[conf][cross]") {
    CHECK(only_error(test::with("[[route]]\nname = \"a\"\npath = \"/a\"\nstatus = 200\n"
                                "[[route]]\nname = \"a\"\npath = \"/b\"\nstatus = 200\n")) ==
          "two routes named \"a\" | the first is in line 6");
}

TEST_CASE("an address is bound once in the whole file", "[conf][cross]") {
    const auto two = [](std::string_view a, std::string_view b) {
        return only_error("[listener.one]\npool = \"app\"\nbind = \"" + std::string{a} +
                          "\"\n[listener.two]\npool = \"app\"\nbind = \"" + std::string{b} +
                          "\"\n" + std::string{test::kPool});
    };
    CHECK(two(":80", ":80") == ":80 is bound twice | [listener.one] has it in line 3");
    CHECK(two("127.0.0.1:80", "127.0.0.1:80") ==
          "127.0.0.1:80 is bound twice | [listener.one] has it in line 3");
    CHECK(two(":80", "0.0.0.0:80") ==
          "0.0.0.0:80 is bound twice | [listener.one] has it in line 3");
    CHECK(two("unix:/a", "unix:/a") == "unix:/a is bound twice | [listener.one] has it in line 3");
    const std::string fine = "not one error:\n";
    CHECK(two(":80", ":81") == fine);
    CHECK(two("10.0.0.1:80", "10.0.0.2:80") == fine);
    CHECK(two("unix:/a", "unix:/b") == fine);
    CHECK(only_error("[admin]\nbind = \"127.0.0.1:80\"\n[listener.web]\npool = \"app\"\nbind = "
                     "\"127.0.0.1:80\"\n" +
                     std::string{test::kPool}) ==
          "127.0.0.1:80 is bound twice | [listener.web] has it in line 5");
}

TEST_CASE("a listener needs a pool or a route", "[conf][cross]") {
    const std::string listener = "[listener.web]\nbind = \":80\"\n";
    CHECK(only_error(listener) ==
          "[listener.web] has no \"pool\", and no route takes its requests | write pool = "
          "\"NAME\", or a [[route]]");
    CHECK(test::load(listener + "[[route]]\nstatus = 404\n").ok());
    CHECK(test::load(listener + "[[route]]\nlistener = \"web\"\nstatus = 404\n").ok());
    CHECK(only_error(listener + "[listener.b]\nbind = \":81\"\n[[route]]\nlistener = \"b\"\n"
                                "status = 404\n") ==
          "[listener.web] has no \"pool\", and no route takes its requests | write pool = "
          "\"NAME\", or a [[route]]");
}
