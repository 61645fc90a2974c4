#include "conf/patterns.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

template <class T>
std::string error_of(const Result<T>& result) {
    return result ? "no error" : result.error().message + " | " + result.error().hint;
}

}  // namespace

TEST_CASE("hosts are names, one wildcard label, or IPv6 in brackets", "[conf][patterns]") {
    for (const std::string_view good : {"a", "a-b.example.com", "A.EXAMPLE.COM.", "a.com:8080",
                                        "10.0.0.1", "_x.a.com", "*.a.com"}) {
        INFO(good);
        CHECK(parse_host_pattern(good).has_value());
    }
    for (const std::string_view bad : {"", ".", "a..b", ".a", "a b", "*", "*a.com", "a.*.com", "*.",
                                       "*.*.com", "a.com:", "a.com:0", "a.com:x", "[::1", "[x]",
                                       "*.[::1]", "a.com/x", "http://a.com", "a_\xC3\xA9.com"}) {
        INFO(bad);
        CHECK_FALSE(parse_host_pattern(bad).has_value());
    }
    CHECK(parse_host_pattern("*.Example.com:80")->text() == "*.example.com");
    CHECK(error_of(parse_host_pattern("*")) ==
          "\"*\" is not a host | leave \"host\" out to take every host");
    CHECK(error_of(parse_host_pattern("http://a.com/")) ==
          "\"http://a.com/\" is not a host | write the name alone: \"api.example.com\" or "
          "\"*.example.com\"");
    CHECK_FALSE(parse_host_pattern(std::string(64, 'a')).has_value());
    CHECK(parse_host_pattern(std::string(63, 'a')).has_value());
}

TEST_CASE("paths are exact or a prefix, in the form requests are compared in", "[conf][patterns]") {
    CHECK(parse_path_pattern("/*")->text() == "/*");
    CHECK(parse_path_pattern("/v1/*")->path == "/v1");
    CHECK_FALSE(parse_path_pattern("/v1/")->prefix);
    for (const std::string_view good : {"/", "/a/", "/a.b", "/a%20b", "/a%2Fb", "/...", "/a;b=1"}) {
        INFO(good);
        CHECK(parse_path_pattern(good).has_value());
    }
    CHECK(error_of(parse_path_pattern("v1")) == "\"v1\" is not a path | write \"/v1\"");
    CHECK(error_of(parse_path_pattern("")) == "\"\" is not a path | a path starts with \"/\"");
    CHECK(error_of(parse_path_pattern("/a b")) ==
          "\"/a b\" is not a path | percent-encode what is not plain ASCII");
    CHECK(error_of(parse_path_pattern("/a?b")) ==
          "\"/a?b\" is not a path | routes look at the path alone, not at the query");
    CHECK(error_of(parse_path_pattern("/v1*")) ==
          "\"*\" in the middle of \"/v1*\" | a prefix ends in \"/*\", and there is no other \"*\"");
    CHECK(error_of(parse_path_pattern("/a//b")) ==
          "the path \"/a//b\" can never match | repeated slashes are taken as one");
    CHECK(error_of(parse_path_pattern("/a/../b")) ==
          "the path \"/a/../b\" can never match | \".\" and \"..\" are resolved");
    CHECK(error_of(parse_path_pattern("/a/./*")) ==
          "the path \"/a/./*\" can never match | \".\" and \"..\" are resolved");
    CHECK(error_of(parse_path_pattern("/%61")) ==
          "the path \"/%61\" can never match | write \"a\" for \"%61\"");
    CHECK(error_of(parse_path_pattern("/a%2")) ==
          "the path \"/a%2\" can never match | \"%\" stands before two hexadecimal digits");
    CHECK(error_of(parse_path_pattern("/%00")) ==
          "the path \"/%00\" can never match | \"%00\" is refused");
    CHECK_FALSE(parse_path_pattern("/a\\b").has_value());
}

TEST_CASE("redirects are taken apart into text and parts of the request", "[conf][patterns]") {
    CHECK(parse_redirect("{scheme}://{host}{path}?{query}")->size() == 6);
    CHECK(parse_redirect("/gone")->size() == 1);
    CHECK(error_of(parse_redirect("https://a{ur}")) ==
          "unknown variable \"{ur}\" in a redirect | did you mean \"{uri}\"?");
    CHECK(error_of(parse_redirect("https://a{fragment}")) ==
          "unknown variable \"{fragment}\" in a redirect | one of {scheme}, {host}, {uri}, {path}, "
          "{query}");
    CHECK(error_of(parse_redirect("https://a{uri")) ==
          "\"{\" without its \"}\" | write %7B for a brace");
    CHECK(error_of(parse_redirect("https://a}")) ==
          "\"}\" without its \"{\" | write %7D for a brace");
    CHECK(error_of(parse_redirect("www.a.com")) ==
          "\"www.a.com\" is neither a URL nor a path | write \"https://www.a.com\" or "
          "\"/www.a.com\"");
    CHECK_FALSE(parse_redirect("").has_value());
    CHECK_FALSE(parse_redirect("/a\r\nX: y").has_value());
}

TEST_CASE("an expected request is a method and a URL", "[conf][patterns]") {
    const Result<Expectation> full =
        parse_expect_request("GET https://API.example.com:8443/v1?x=1");
    REQUIRE(full.has_value());
    CHECK(full->method == "GET");
    CHECK(full->scheme == "https");
    CHECK(full->host == "api.example.com");
    CHECK(full->port == 8443);
    CHECK(full->target == "/v1?x=1");
    CHECK(parse_expect_request("GET http://a")->target == "/");
    CHECK(parse_expect_request("GET http://a?x")->target == "/?x");
    CHECK(parse_expect_request("GET http://a")->port == 80);
    CHECK(parse_expect_request("GET https://[::1]/")->host == "[::1]");
    CHECK(parse_expect_request("GET https://a/")->port == 443);
    for (const std::string_view bad :
         {"", "GET", "http://a/", "GET /x", "GET ftp://a/", "GET  http://a", "GET http:///x",
          "GET http://a:0/", "GET http://a/#x", "GET http://u@a/", "G(T http://a/"}) {
        INFO(bad);
        CHECK_FALSE(parse_expect_request(bad).has_value());
    }
}
