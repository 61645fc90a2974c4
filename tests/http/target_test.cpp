#include "proxy/http/target.h"

#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace fairlead::http {
namespace {

struct Paths {
    std::string_view target;
    std::string_view path;
    std::string_view route_path;
};

constexpr Paths kPaths[] = {
    {"/", "/", "/"},
    {"/a/b.c", "/a/b.c", "/a/b.c"},
    {"/%61dmin", "/admin", "/admin"},
    {"/%7Euser%2D%2e%5f", "/~user-._", "/~user-._"},
    {"/a%2Fb%2fc", "/a%2Fb%2fc", "/a%2Fb%2fc"},
    {"/a%5Cb", "/a%5Cb", "/a%5Cb"},
    {"/a%20b%0D%0A", "/a%20b%0D%0A", "/a%20b%0D%0A"},
    {"/%2561", "/%2561", "/%2561"},
    {"//admin", "//admin", "/admin"},
    {"/a///b//", "/a///b//", "/a/b/"},
    {"/x/../admin", "/admin", "/admin"},
    {"/x/%2e%2e/admin", "/admin", "/admin"},
    {"/x/.%2E/admin", "/admin", "/admin"},
    {"/x/%2e/admin", "/x/admin", "/x/admin"},
    {"/./a", "/a", "/a"},
    {"/a/.", "/a/", "/a/"},
    {"/a/b/..", "/a/", "/a/"},
    {"/a/..", "/", "/"},
    {"/a//../b", "/a/b", "/a/b"},
    {"/a/b/../../c//d", "/c//d", "/c/d"},
    {"/.well-known/x", "/.well-known/x", "/.well-known/x"},
    {"/...", "/...", "/..."},
    {"/a/..b/.c./d..", "/a/..b/.c./d..", "/a/..b/.c./d.."},
    {"/..%2Fa", "/..%2Fa", "/..%2Fa"},
    {"/a;b=c/d", "/a;b=c/d", "/a;b=c/d"},
};

struct Refusal {
    Method method;
    std::string_view target;
    std::string_view reason;
};

constexpr Refusal kRefusals[] = {
    {Method::Get, "/..", "path leads above the root"},
    {Method::Get, "/../a", "path leads above the root"},
    {Method::Get, "/a/../../b", "path leads above the root"},
    {Method::Get, "/%2e%2e/a", "path leads above the root"},
    {Method::Get, "/a%", "malformed percent-encoding"},
    {Method::Get, "/a%4", "malformed percent-encoding"},
    {Method::Get, "/a%4g", "malformed percent-encoding"},
    {Method::Get, "/a%u0041", "malformed percent-encoding"},
    {Method::Get, "/a%%61", "malformed percent-encoding"},
    {Method::Get, "/a%00", "NUL in the path"},
    {Method::Get, "/a\\b", "backslash in the path"},
    {Method::Get, "/..\\a", "backslash in the path"},
    {Method::Get, "/a#b", "fragment in the target"},
    {Method::Get, "/a?b#c", "fragment in the target"},
    {Method::Get, "/a\x01", "control or non-ASCII character in the target"},
    {Method::Get, "/\xC3\xA9", "control or non-ASCII character in the target"},
    {Method::Get, "/a?\xC3\xA9", "control or non-ASCII character in the target"},
    {Method::Get, "*", "target * without OPTIONS"},
    {Method::Get, "", "target is neither a path nor an http URI"},
    {Method::Get, "a/b", "target is neither a path nor an http URI"},
    {Method::Get, "example.com:80", "target is neither a path nor an http URI"},
    {Method::Get, "?a=b", "target is neither a path nor an http URI"},
    {Method::Options, "**", "target is neither a path nor an http URI"},
    {Method::Get, "ftp://a/b", "target is neither a path nor an http URI"},
    {Method::Get, "http:/a", "target is neither a path nor an http URI"},
    {Method::Get, "file:///etc/passwd", "target is neither a path nor an http URI"},
    {Method::Get, "http://user@a/", "userinfo in the target"},
    {Method::Get, "http://user:word@a/", "userinfo in the target"},
    {Method::Get, "http://@a/", "userinfo in the target"},
    {Method::Get, "http:///a", "invalid host in the target"},
    {Method::Get, "http://", "invalid host in the target"},
    {Method::Get, "http://a:b/", "invalid host in the target"},
    {Method::Get, "http://a:99999/", "invalid host in the target"},
    {Method::Get, "http://[::1/", "invalid host in the target"},
    {Method::Get, "http://a\\b/", "invalid host in the target"},
    {Method::Get, "http://a#b", "fragment in the target"},
    {Method::Get, "http://a/../b", "path leads above the root"},
};

}  // namespace

TEST_CASE("a path is normalised for routing and for the backend", "[http][target]") {
    std::string storage;
    for (const Paths& row : kPaths) {
        Target target;
        CAPTURE(row.target);
        CHECK(parse_target(Method::Get, row.target, storage, target).reason == "");
        CHECK(target.path == row.path);
        CHECK(target.route_path == row.route_path);
        CHECK(target.is_changed == (row.path != row.target));
        CHECK(target.query == "");
        CHECK(target.authority == "");
    }
}

TEST_CASE("normalising a forwarded path again changes nothing", "[http][target]") {
    for (const Paths& row : kPaths) {
        std::string storage;
        Target target;
        CHECK(parse_target(Method::Get, row.path, storage, target).failure == Failure::None);
        CHECK(target.path == row.path);
        CHECK_FALSE(target.is_changed);
    }
}

TEST_CASE("a path that stays as it is is not copied", "[http][target]") {
    std::string storage;
    const std::string_view received = "/api/v1/users?x=//../%61";
    Target target;
    CHECK(parse_target(Method::Get, received, storage, target).failure == Failure::None);
    CHECK(target.path.data() == received.data());
    CHECK(target.path == "/api/v1/users");
    CHECK(target.route_path.data() == received.data());
    CHECK(target.query == "?x=//../%61");
    CHECK(storage.empty());
}

TEST_CASE("targets that are no path, no http URI or lead astray are 400", "[http][target]") {
    std::string storage;
    for (const Refusal& row : kRefusals) {
        Target target;
        const HeadError error = parse_target(row.method, row.target, storage, target);
        CAPTURE(row.target);
        CHECK(error.failure == Failure::ClientBadRequest);
        CHECK(error.status == 400);
        CHECK(error.reason == row.reason);
    }
}

TEST_CASE("an absolute target gives authority, path and query", "[http][target]") {
    std::string storage;
    Target target;
    CHECK(parse_target(Method::Get, "HTTP://www.Example.com:8080/a/../b?c=d", storage, target)
              .failure == Failure::None);
    CHECK(target.scheme == "HTTP");
    CHECK(target.authority == "www.Example.com:8080");
    CHECK(target.path == "/b");
    CHECK(target.query == "?c=d");
    CHECK(target.is_changed);
    CHECK(parse_target(Method::Get, "https://[::1]", storage, target).failure == Failure::None);
    CHECK(target.authority == "[::1]");
    CHECK(target.path == "/");
    CHECK(target.is_changed);
    CHECK(parse_target(Method::Get, "http://a?b", storage, target).failure == Failure::None);
    CHECK(target.path == "/");
    CHECK(target.query == "?b");
}

TEST_CASE("OPTIONS may ask the server itself", "[http][target]") {
    std::string storage;
    Target target;
    CHECK(parse_target(Method::Options, "*", storage, target).failure == Failure::None);
    CHECK(target.is_asterisk);
    CHECK(target.path == "*");
    CHECK_FALSE(target.is_changed);
    CHECK(parse_target(Method::Options, "http://a:80", storage, target).failure == Failure::None);
    CHECK(target.is_asterisk);
    CHECK(target.path == "*");
    CHECK(parse_target(Method::Options, "/a", storage, target).failure == Failure::None);
    CHECK_FALSE(target.is_asterisk);
}

TEST_CASE("a host is a name or an address, with or without a port", "[http][target]") {
    HostAndPort parts;
    CHECK(parse_host("example.com", parts));
    CHECK(parts.host == "example.com");
    CHECK(parts.port == "");
    CHECK(parse_host("Example.com.:8080", parts));
    CHECK(parts.host == "Example.com.");
    CHECK(parts.port == "8080");
    CHECK(parse_host("[2001:db8::1]:443", parts));
    CHECK(parts.host == "[2001:db8::1]");
    CHECK(parts.port == "443");
    CHECK(parse_host("[::ffff:1.2.3.4]", parts));
    CHECK(parse_host("127.0.0.1:65535", parts));
    CHECK(parse_host("a_b-c~d", parts));
    CHECK(parse_host("a:", parts));
    CHECK(parts.port == "");
    for (const std::string_view bad :
         {"",          ":80",  "a:65536",    "a:123456", "a:-1",  "a:8 0", "a:80:80",    "a b",
          "a/b",       "a?b",  "a#b",        "a@b",      "a,b",   "a%41",  "a%",         "a\\b",
          "a<b",       "a\"b", "a[b",        ".",        ".a",    "a..b",  "[::1",       "[::1]80",
          "[1.2.3.4]", "[]",   "[::1%eth0]", "[v1.a]",   "[::g]", "::1",   "caf\xC3\xA9"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_host(bad, parts));
    }
    CHECK(parse_host(std::string(255, 'a'), parts));
    CHECK_FALSE(parse_host(std::string(256, 'a'), parts));
}

TEST_CASE("hosts are equal in any case, with any port and a trailing dot", "[http][target]") {
    CHECK(host_equals("Example.COM", "example.com"));
    CHECK(host_equals("example.com.", "example.com"));
    CHECK(host_equals("example.com", "example.com."));
    CHECK(host_equals("example.com.:8080", "example.com"));
    CHECK(host_equals("[::1]:80", "[::1]"));
    CHECK_FALSE(host_equals("example.com", "example.org"));
    CHECK_FALSE(host_equals("xexample.com", "example.com"));
    CHECK_FALSE(host_equals("[::1]", "[::2]"));
}

}  // namespace fairlead::http
