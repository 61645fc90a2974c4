#include <string>
#include <string_view>

#include "tests/http/parsing.h"
#include "tests/support/catch.h"

namespace fairlead::http {
namespace {

using names = std::vector<std::string>;

RequestHead accepted(std::string_view bytes) {
    RequestHead head;
    const Outcome outcome = parse_request(bytes, head);
    CAPTURE(bytes);
    CHECK(outcome == complete(bytes.size()));
    for (unsigned seed = 0; seed < 8; ++seed) {
        RequestHead cut;
        CHECK(parse_request(bytes, cut, seed == 0 ? Cuts::every(1) : Cuts::random(seed)) ==
              outcome);
        CHECK(cut.bytes == head.bytes);
        CHECK(fields_of(cut) == fields_of(head));
    }
    return head;
}

}  // namespace

TEST_CASE("a request head becomes slices of what was received", "[http][h1]") {
    const std::string bytes =
        "POST /v1/users?id=7 HTTP/1.1\r\nHost: www.example.com:8080\r\nX-Empty:\r\n"
        "X-Padded:  \t two words \t \r\nX-Colons: a:b:c\r\nX-Text: caf\xE9\tolé\r\n"
        "Content-Length: 12\r\n\r\n";
    const RequestHead head = accepted(bytes);
    CHECK(head.bytes == bytes);
    CHECK(head.method == Method::Post);
    CHECK(head.method_name() == "POST");
    CHECK(head.text(head.target) == "/v1/users?id=7");
    CHECK(head.minor == 1);
    CHECK(fields_of(head) == names{"Host=www.example.com:8080", "X-Empty=", "X-Padded=two words",
                                   "X-Colons=a:b:c", "X-Text=caf\xE9\tolé", "Content-Length=12"});
    CHECK(head.body.kind == BodyLength::Kind::Length);
    CHECK(head.body.bytes == 12);
    REQUIRE(head.find(FieldId::Host) != nullptr);
    CHECK(head.value(*head.find(FieldId::Host)) == "www.example.com:8080");
    CHECK(head.find(FieldId::Cookie) == nullptr);
    REQUIRE(head.find("x-colons") != nullptr);
    CHECK(head.value(*head.find("x-colons")) == "a:b:c");
    CHECK(head.find("x-colon") == nullptr);
}

TEST_CASE("the bytes behind a head are left to the body or the next request", "[http][h1]") {
    const std::string first = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string second = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
    RequestHead head;
    RequestParser parser;
    parser.start(head, {});
    const std::string both = first + second + std::string(5000, 'x');
    const ParseResult one = parser.feed(both);
    CHECK(one.status == ParseStatus::Complete);
    CHECK(one.consumed == first.size());
    CHECK(head.bytes == first);
    parser.start(head, {});
    const ParseResult two = parser.feed(std::string_view(both).substr(one.consumed));
    CHECK(two.status == ParseStatus::Complete);
    CHECK(two.consumed == second.size());
    CHECK(head.text(head.target) == "/2");
    CHECK(head.fields.size() == 1);
}

TEST_CASE("up to two empty lines before a request are skipped and do not begin it", "[http][h1]") {
    RequestHead head;
    RequestParser parser;
    parser.start(head, {});
    CHECK_FALSE(parser.has_begun());
    CHECK(parser.feed(std::string_view("\r\n\r")).status == ParseStatus::NeedMore);
    CHECK_FALSE(parser.has_begun());
    const std::string_view rest = "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    CHECK(parser.feed(rest.substr(0, 2)).status == ParseStatus::NeedMore);
    CHECK(parser.has_begun());
    const ParseResult result = parser.feed(rest.substr(2));
    CHECK(result.status == ParseStatus::Complete);
    CHECK(result.consumed == rest.size() - 2);
    CHECK(head.bytes == "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_CASE("a request without length has no body, with chunked has one", "[http][h1]") {
    CHECK(accepted("GET / HTTP/1.1\r\nHost: a\r\n\r\n").body.kind == BodyLength::Kind::None);
    CHECK(accepted("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").body.kind ==
          BodyLength::Kind::Chunked);
    CHECK(
        accepted("POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding:\tCHUNKED \r\n\r\n").body.kind ==
        BodyLength::Kind::Chunked);
    const RequestHead empty = accepted("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    CHECK(empty.body.kind == BodyLength::Kind::Length);
    CHECK(empty.body.bytes == 0);
    CHECK(accepted("POST / HTTP/1.0\r\nContent-Length: 999999999999999999\r\n\r\n").body.bytes ==
          999999999999999999U);
}

TEST_CASE("the same Content-Length several times is forwarded as one", "[http][h1]") {
    for (const std::string_view lengths :
         {"Content-Length: 5\r\nX: y\r\nContent-Length: 5\r\n",
          "Content-Length: 5\r\nX: y\r\nContent-Length: 5 , 5\r\ncontent-length: 5\r\n",
          "Content-Length: 5, 5\r\nX: y\r\n", "Content-Length:  5,5,5\t\r\nX: y\r\n"}) {
        const std::string bytes =
            "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(lengths) + "Z: z\r\n\r\n";
        RequestHead head;
        CAPTURE(bytes);
        CHECK(parse_request(bytes, head) == complete(bytes.size()));
        CHECK(fields_of(head) == names{"Host=a", "Content-Length=5", "X=y", "Z=z"});
        CHECK(head.body.bytes == 5);
        CHECK(head.bytes.substr(head.bytes.size() - 10) == "\r\nZ: z\r\n\r\n");
        CHECK(head.text(head.target) == "/");
    }
}

TEST_CASE("a connection is kept as version and Connection say", "[http][h1]") {
    const auto keeps = [](const std::string& version, const std::string& fields) {
        return accepted("GET / HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n").keep_alive;
    };
    CHECK(keeps("1.1", ""));
    CHECK(keeps("1.1", "Connection: keep-alive\r\n"));
    CHECK(keeps("1.1", "Connection: foo\r\n"));
    CHECK_FALSE(keeps("1.1", "Connection: close\r\n"));
    CHECK_FALSE(keeps("1.1", "Connection: Foo , CLOSE\r\n"));
    CHECK_FALSE(keeps("1.1", "Connection: close\r\nConnection: keep-alive\r\n"));
    CHECK_FALSE(keeps("1.0", ""));
    CHECK(keeps("1.0", "Connection: Keep-Alive\r\n"));
    CHECK_FALSE(keeps("1.0", "Connection: keep-alive, close\r\n"));
}

TEST_CASE("an upgrade needs both Upgrade and its word in Connection", "[http][h1]") {
    const auto upgrades = [](const std::string& fields) {
        return accepted("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n").has_upgrade;
    };
    CHECK(upgrades("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    CHECK(upgrades("Upgrade: websocket\r\nConnection: keep-alive, upgrade\r\n"));
    CHECK_FALSE(upgrades("Connection: upgrade\r\n"));
    CHECK_FALSE(upgrades("Upgrade: websocket\r\n"));
}

TEST_CASE("100-continue is an expectation on HTTP/1.1 only", "[http][h1]") {
    CHECK(accepted("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n").expects_continue);
    CHECK_FALSE(accepted("PUT / HTTP/1.1\r\nHost: a\r\n\r\n").expects_continue);
    CHECK_FALSE(accepted("PUT / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expects_continue);
    CHECK_FALSE(accepted("PUT / HTTP/1.0\r\nExpect: something\r\n\r\n").expects_continue);
}

TEST_CASE("methods of HTTP are accepted, known by meaning or not", "[http][h1]") {
    const auto method = [](const std::string& name) {
        const RequestHead head = accepted(name + " / HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK(head.method_name() == name);
        return head.method;
    };
    CHECK(method("GET") == Method::Get);
    CHECK(method("HEAD") == Method::Head);
    CHECK(method("PUT") == Method::Put);
    CHECK(method("PATCH") == Method::Patch);
    CHECK(method("DELETE") == Method::Delete);
    CHECK(method("OPTIONS") == Method::Options);
    CHECK(method("TRACE") == Method::Trace);
    CHECK(method("PROPFIND") == Method::Other);
    CHECK(method("M-SEARCH") == Method::Other);
    CHECK(method("PURGE") == Method::Other);
}

TEST_CASE("methods that may be repeated are those of RFC 9110", "[http]") {
    CHECK(is_idempotent(Method::Get));
    CHECK(is_idempotent(Method::Put));
    CHECK(is_idempotent(Method::Delete));
    CHECK_FALSE(is_idempotent(Method::Post));
    CHECK_FALSE(is_idempotent(Method::Patch));
    CHECK_FALSE(is_idempotent(Method::Other));
}

TEST_CASE("all four forms of a target reach the target's own check", "[http][h1]") {
    CHECK(accepted("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").method == Method::Options);
    const RequestHead head =
        accepted("GET http://[::1]:80/a?b=c|d{} HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
    CHECK(head.text(head.target) == "http://[::1]:80/a?b=c|d{}");
}

TEST_CASE("a warm head takes the next request without allocating", "[http][h1]") {
    RequestHead head;
    RequestParser parser;
    const std::string_view bytes = "GET /some/path HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
    parser.start(head, {});
    CHECK(parser.feed(bytes).status == ParseStatus::Complete);
    const char* const buffer = head.bytes.data();
    const Field* const fields = head.fields.data();
    for (int i = 0; i < 10; ++i) {
        parser.start(head, {});
        CHECK(parser.feed(bytes).status == ParseStatus::Complete);
    }
    CHECK(head.bytes.data() == buffer);
    CHECK(head.fields.data() == fields);
}

}  // namespace fairlead::http
