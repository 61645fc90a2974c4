#include "proxy/l7/hash_key.h"

#include <string>

#include "proxy/base/hash.h"
#include "tests/http/parsing.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::l7;

namespace {

http::RequestHead head_of(std::string_view fields, std::string_view target = "/p") {
    http::RequestHead head;
    std::string bytes = "GET ";
    bytes.append(target).append(" HTTP/1.1\r\nHost: a\r\n").append(fields).append("\r\n");
    REQUIRE(http::parse_request(bytes, head).status == http::ParseStatus::Complete);
    return head;
}

std::optional<std::uint64_t> key(conf::HashKey kind, std::string name, std::string_view fields,
                                 std::string_view path = "/p") {
    const http::RequestHead head = head_of(fields, path);
    http::Target target;
    std::string storage;
    http::parse_target(head.method, head.text(head.target), storage, target);
    conf::Hash hash;
    hash.key = kind;
    hash.name = std::move(name);
    return hash_key(hash, head, target, *IpAddress::parse("192.0.2.7"));
}

}  // namespace

TEST_CASE("the key is what the configuration names", "[l7][hash]") {
    using conf::HashKey;
    CHECK(key(HashKey::ClientIp, "", "") == hash_bytes("192.0.2.7"));
    CHECK(key(HashKey::Header, "X-User", "x-user: ann\r\n") == hash_bytes("ann"));
    CHECK(key(HashKey::Cookie, "sid", "Cookie: a=1; sid=xyz\r\n") == hash_bytes("xyz"));
    CHECK(key(HashKey::Query, "u", "", "/p?a=1&u=7") == hash_bytes("7"));
    CHECK(key(HashKey::Path, "", "", "//a/./b?u=7") == hash_bytes("/a/b"));
}

TEST_CASE("a request without the header, cookie or parameter has no key", "[l7][hash]") {
    using conf::HashKey;
    CHECK(key(HashKey::Header, "X-User", "") == std::nullopt);
    CHECK(key(HashKey::Cookie, "sid", "") == std::nullopt);
    CHECK(key(HashKey::Cookie, "sid", "Cookie: asid=1; sidx=2; sid\r\n") == std::nullopt);
    CHECK(key(HashKey::Query, "u", "", "/p") == std::nullopt);
    CHECK(key(HashKey::Query, "u", "", "/p?au=1&ux=2&u") == std::nullopt);
}

TEST_CASE("cookies are found in every field, names in their case, values without quotes",
          "[l7][hash]") {
    const http::RequestHead head =
        head_of("Cookie: a=1;b=\"two\"\r\nX: y\r\nCookie: c=3; C=4; d=\r\n");
    CHECK(cookie_value(head, "a") == "1");
    CHECK(cookie_value(head, "b") == "two");
    CHECK(cookie_value(head, "c") == "3");
    CHECK(cookie_value(head, "C") == "4");
    CHECK(cookie_value(head, "d") == "");
    CHECK(cookie_value(head, "e") == std::nullopt);
}

TEST_CASE("a parameter is found with and without the question mark, the first one counts",
          "[l7][hash]") {
    CHECK(query_value("?a=1&b=2&a=3", "a") == "1");
    CHECK(query_value("a=1&b=2", "b") == "2");
    CHECK(query_value("a=x=y", "a") == "x=y");
    CHECK(query_value("", "a") == std::nullopt);
}
