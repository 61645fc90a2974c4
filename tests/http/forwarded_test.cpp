#include "proxy/http/forwarded.h"

#include <string>
#include <vector>

#include "tests/http/parsing.h"
#include "tests/support/catch.h"

namespace fairlead::http {
namespace {

const std::vector<IpNetwork> kTrusted = {*IpNetwork::parse("10.0.0.0/8"),
                                         *IpNetwork::parse("fd00::/8")};

std::string client(const std::string& peer, const std::string& fields) {
    RequestHead head;
    const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
    REQUIRE(parse_request(bytes, head).status == ParseStatus::Complete);
    return client_ip(head, *IpAddress::parse(peer), kTrusted).text();
}

}  // namespace

TEST_CASE("an untrusted peer is the client, whatever it claims", "[http][forwarded]") {
    CHECK(client("192.0.2.1", "X-Forwarded-For: 1.2.3.4\r\n") == "192.0.2.1");
    CHECK(client("192.0.2.1", "Forwarded: for=1.2.3.4\r\n") == "192.0.2.1");
}

TEST_CASE("the rightmost hop that is not trusted is the client", "[http][forwarded]") {
    CHECK(client("10.0.0.1", "") == "10.0.0.1");
    CHECK(client("10.0.0.1", "X-Forwarded-For: 1.2.3.4\r\n") == "1.2.3.4");
    CHECK(client("10.0.0.1", "X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.0.0.7\r\n") == "1.2.3.4");
    CHECK(client("10.0.0.1", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 1.2.3.4\r\n") ==
          "1.2.3.4");
    CHECK(client("10.0.0.1", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 10.0.0.2, ,\r\n") ==
          "1.2.3.4");
    CHECK(client("fd00::1", "X-Forwarded-For: 2001:db8::5\r\n") == "2001:db8::5");
}

TEST_CASE("hops may have ports and brackets", "[http][forwarded]") {
    CHECK(client("10.0.0.1", "X-Forwarded-For: 1.2.3.4:567\r\n") == "1.2.3.4");
    CHECK(client("10.0.0.1", "X-Forwarded-For: [2001:db8::5]:567\r\n") == "2001:db8::5");
    CHECK(client("10.0.0.1", "X-Forwarded-For: [2001:db8::5]\r\n") == "2001:db8::5");
}

TEST_CASE("when all hops are trusted or one cannot be read, the peer is the client",
          "[http][forwarded]") {
    CHECK(client("10.0.0.1", "X-Forwarded-For: 10.0.0.2, 10.0.0.3\r\n") == "10.0.0.1");
    CHECK(client("10.0.0.1", "X-Forwarded-For: unknown\r\n") == "10.0.0.1");
    CHECK(client("10.0.0.1", "X-Forwarded-For: 1.2.3.4, garbage\r\n") == "10.0.0.1");
    CHECK(client("10.0.0.1", "X-Forwarded-For: [2001:db8::5]x\r\n") == "10.0.0.1");
    CHECK(client("10.0.0.1", "X-Forwarded-For: garbage, 1.2.3.4\r\n") == "1.2.3.4");
    CHECK(client("10.0.0.1", "X-Forwarded-For:\r\n") == "10.0.0.1");
}

TEST_CASE("Forwarded is read when there is no X-Forwarded-For", "[http][forwarded]") {
    CHECK(client("10.0.0.1", "Forwarded: for=1.2.3.4;proto=https\r\n") == "1.2.3.4");
    CHECK(client("10.0.0.1", "Forwarded: proto=https; For=\"[2001:db8::5]:80\"\r\n") ==
          "2001:db8::5");
    CHECK(client("10.0.0.1", "Forwarded: for=6.6.6.6, for=1.2.3.4, for=10.0.0.9\r\n") == "1.2.3.4");
    CHECK(client("10.0.0.1", "Forwarded: for=1.2.3.4;host=\"a,for=6.6.6.6;\\\"\"\r\n") ==
          "1.2.3.4");
    CHECK(client("10.0.0.1", "Forwarded: for=_hidden\r\n") == "10.0.0.1");
    CHECK(client("10.0.0.1", "Forwarded: for=1.2.3.4, by=10.0.0.3\r\n") == "10.0.0.1");
    CHECK(client("10.0.0.1", "Forwarded: for=6.6.6.6\r\nX-Forwarded-For: 1.2.3.4\r\n") ==
          "1.2.3.4");
}

TEST_CASE("a request id is short and of safe characters", "[http][forwarded]") {
    CHECK(is_safe_request_id("abc-DEF_1.2:3=+/@"));
    CHECK(is_safe_request_id(std::string(128, 'a')));
    CHECK_FALSE(is_safe_request_id(std::string(129, 'a')));
    CHECK_FALSE(is_safe_request_id(""));
    CHECK_FALSE(is_safe_request_id("a b"));
    CHECK_FALSE(is_safe_request_id("a\"b"));
    CHECK_FALSE(is_safe_request_id("a\xE9"));
}

TEST_CASE("identity fields are known in all their spellings", "[http][forwarded]") {
    for (const std::string_view name :
         {"Forwarded", "X-Forwarded-For", "x-forwarded-HOST", "X-Forwarded-Anything",
          "X_Forwarded_For", "X-Forwarded_For", "X_FORWARDED-PROTO", "X-Real-IP", "x_real_ip",
          "X-Request-Id", "X_Request_ID", "Proxy", "X-Forwarded"}) {
        CAPTURE(name);
        CHECK(is_identity_field(classify(name)));
    }
    for (const std::string_view name :
         {"Host", "X-Forward-For", "X-Forwardedfor", "Via", "Proxy-Connection", "X-Real-IPs",
          "X-Requested-With", "X-"}) {
        CAPTURE(name);
        CHECK_FALSE(is_identity_field(classify(name)));
    }
}

}  // namespace fairlead::http
