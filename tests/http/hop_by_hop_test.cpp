#include "proxy/http/hop_by_hop.h"

#include <string>

#include "tests/http/parsing.h"
#include "tests/support/catch.h"

namespace fairlead::http {
namespace {

/// Names of the fields that a Connection field names.
std::string named(const std::string& fields) {
    RequestHead head;
    REQUIRE(parse_request("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n", head).status ==
            ParseStatus::Complete);
    const ConnectionNames names(head);
    std::string out;
    for (const Field& field : head.fields) {
        if (names.names(field)) out += std::string(head.name(field)) + " ";
    }
    return out;
}

bool has_names(const std::string& connection) {
    RequestHead head;
    REQUIRE(parse_request("GET / HTTP/1.1\r\nHost: a\r\n" + connection + "\r\n", head).status ==
            ParseStatus::Complete);
    return ConnectionNames(head).has_names();
}

}  // namespace

TEST_CASE("fields that end here are the nine of RFC 9110 and its predecessors", "[http]") {
    for (const FieldId id :
         {FieldId::Connection, FieldId::KeepAlive, FieldId::ProxyConnection, FieldId::Te,
          FieldId::Trailer, FieldId::TransferEncoding, FieldId::Upgrade, FieldId::ProxyAuthenticate,
          FieldId::ProxyAuthorization}) {
        CHECK(is_hop_by_hop(id));
    }
    for (const FieldId id : {FieldId::Other, FieldId::Host, FieldId::ContentLength,
                             FieldId::Authorization, FieldId::Via, FieldId::WwwAuthenticate}) {
        CHECK_FALSE(is_hop_by_hop(id));
    }
}

TEST_CASE("the usual words of Connection name nothing", "[http]") {
    CHECK_FALSE(has_names(""));
    CHECK_FALSE(has_names("Connection: close\r\n"));
    CHECK_FALSE(has_names("Connection: Keep-Alive, TE\r\nConnection: Upgrade\r\n"));
    CHECK(has_names("Connection: close, X-A\r\n"));
}

TEST_CASE("what Connection names is known, in any case and over several fields", "[http]") {
    CHECK(named("X-A: 1\r\nConnection: x-a , close,X-B\r\nX-B: 2\r\nX-C: 3\r\n") == "X-A X-B ");
    CHECK(named("X-A: 1\r\nConnection: close\r\nConnection: x-a\r\n") == "X-A ");
    CHECK(named("X-A: 1\r\nConnection: x-ab, x\r\n").empty());
}

TEST_CASE("what makes a request what it is cannot be named away", "[http]") {
    CHECK(named("Connection: Host, Content-Length, Authorization, Cookie, X-Forwarded-For, "
                "X-Forwarded-Proto, X_Forwarded_For, Forwarded, X-Real-IP, X-Request-Id, X-A\r\n"
                "Content-Length: 0\r\nAuthorization: b\r\nCookie: c\r\nX-Forwarded-For: 1.2.3.4\r\n"
                "X-Forwarded-Proto: http\r\nX_Forwarded_For: 1\r\nForwarded: for=x\r\n"
                "X-Real-IP: 1.2.3.4\r\nX-Request-Id: 1\r\nX-A: 1\r\n") == "X-A ");
}

TEST_CASE("a list is searched by whole elements", "[http]") {
    CHECK(list_has("a, B ,c", "b"));
    CHECK(list_has("trailers", "Trailers"));
    CHECK(list_has(",,a", "a"));
    CHECK_FALSE(list_has("ab, ca", "a"));
    CHECK_FALSE(list_has("", "a"));
    CHECK_FALSE(list_has("", ""));
}

}  // namespace fairlead::http
