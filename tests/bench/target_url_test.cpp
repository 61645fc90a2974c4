#include "bench/target_url.h"

#include "tests/bench/test_origins.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

TEST_CASE("a target is read from a URL", "[bench][url]") {
    const auto url = parse_target_url("http://[::1]:8080/a/b?c=%20#fragment");
    REQUIRE(url);
    CHECK(url->protocol == Protocol::Http1);
    CHECK(url->where.text() == "[::1]:8080");
    CHECK(url->host == "[::1]:8080");
    CHECK(url->path == "/a/b?c=%20");
}

TEST_CASE("a URL without port and path means port 80 and /", "[bench][url]") {
    const auto url = parse_target_url("HTTP://example.com");
    REQUIRE(url);
    CHECK(url->where.port == 80);
    CHECK(url->host == "example.com");
    CHECK(url->path == "/");
    CHECK(parse_target_url("http://example.com?q")->path == "/?q");
    CHECK(parse_target_url("http://[::1]")->where.text() == "[::1]:80");
    CHECK(parse_target_url("tcp://127.0.0.1:9")->protocol == Protocol::Tcp);
    CHECK(parse_target_url("https://example.com/x")->is_tls);
    CHECK(parse_target_url("https://example.com/x")->where.port == 443);
    CHECK(parse_target_url("https://example.com:8443")->where.port == 8443);
    CHECK(!parse_target_url("http://example.com/x")->is_tls);
}

TEST_CASE("a URL that names no target says the cure", "[bench][url]") {
    struct Row {
        const char* text;
        const char* message;
        const char* hint;
    };
    for (const Row& row : {
             Row{"localhost:80", "\"localhost:80\" is no URL: it names no scheme",
                 "write http://localhost:80 or tcp://localhost:80"},
             Row{"ftp://a/", "unknown scheme \"ftp\" in ftp://a/",
                 "write http://127.0.0.1:8080/ or tcp://127.0.0.1:5432"},
             Row{"unix:/run/x", "unix:/run/x is a unix socket, and load goes over TCP",
                 "write http://127.0.0.1:8080/ or tcp://127.0.0.1:5432"},
             Row{"http://unix:/run/x",
                 "http://unix:/run/x is a unix socket, and load goes over TCP",
                 "write http://127.0.0.1:8080/ or tcp://127.0.0.1:5432"},
             Row{"tcp://a:1/x", "tcp://a:1/x has a path, and tcp:// knows none", "write tcp://a:1"},
             Row{"tcp://a", "tcp://a names no port", "write tcp://a:5432"},
             Row{"http://u:p@a/", "http://u:p@a/ holds a user name",
                 "give credentials by --header \"Authorization: ...\""},
             Row{"http://a/b c", "the path of http://a/b c holds a character no request can carry",
                 "write it percent-encoded, a space as %20"},
         }) {
        const auto url = parse_target_url(row.text);
        REQUIRE_FALSE(url);
        CHECK(url.error().message == row.message);
        CHECK(url.error().hint == row.hint);
    }
    CHECK_FALSE(parse_target_url("http://:80/"));
    CHECK_FALSE(parse_target_url("http://a:99999/"));
}

TEST_CASE("of several addresses the first that accepts a connection is taken", "[bench][url]") {
    TestOrigins origins(2);
    const std::vector<SocketAddress> addresses{origins.address(0), origins.address(1)};
    CHECK(first_reachable(addresses) == addresses[0]);
    origins.with(0, [](Origin& origin) { origin.kill(); });
    CHECK(first_reachable(addresses) == addresses[1]);
    origins.with(1, [](Origin& origin) { origin.kill(); });
    CHECK(first_reachable(addresses) == addresses[0]);
}

}  // namespace fairlead::bench
