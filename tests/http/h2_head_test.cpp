#include "proxy/http/h2_head.h"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::http;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;
using Kind = H2HeadReader::Kind;

struct Read {
    std::string text;
    std::string protocol;
    int status = 0;
    std::string reason;
};

Read read(Kind kind, const Fields& fields, const HeadLimits& limits = {}) {
    H2HeadReader reader;
    reader.start(kind, limits);
    for (const auto& [name, value] : fields) reader.add(name, value);
    const HeadError error = reader.finish();
    return {std::string(reader.text()), std::string(reader.protocol()), error.status,
            std::string(error.reason)};
}

/// A good request, and what is said beside it.
Fields request(std::initializer_list<std::pair<std::string, std::string>> more = {}) {
    Fields fields{
        {":method", "GET"}, {":scheme", "https"}, {":authority", "a.example"}, {":path", "/x?y"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
}

/// The same with another value of one pseudo-field; without it when there is none.
Fields with(const std::string& name, const char* value) {
    Fields fields = request();
    for (auto field = fields.begin(); field != fields.end(); ++field) {
        if (field->first != name) continue;
        if (value == nullptr) {
            fields.erase(field);
        } else {
            field->second = value;
        }
        return fields;
    }
    fields.insert(fields.begin(), {name, value});
    return fields;
}

std::string refusal(const Fields& fields) {
    const Read made = read(Kind::Request, fields);
    return std::to_string(made.status) + " " + made.reason;
}

Fields listed(const H2FieldList& list) {
    Fields fields;
    for (const H2Field& field : list.fields()) {
        fields.emplace_back(field.name, field.value);
    }
    return fields;
}

}  // namespace

TEST_CASE("a request of HTTP/2 reads as one of HTTP/1.1", "[http][h2_head]") {
    CHECK(read(Kind::Request, request({{"accept", "*/*"}, {"x-empty", ""}})).text ==
          "GET /x?y HTTP/1.1\r\nhost: a.example\r\naccept: */*\r\nx-empty: \r\n\r\n");
}

TEST_CASE("crumbs of a cookie are joined behind the other fields", "[http][h2_head]") {
    CHECK(read(Kind::Request, request({{"cookie", "a=1"}, {"accept", "*/*"}, {"cookie", "b=2"}}))
              .text ==
          "GET /x?y HTTP/1.1\r\nhost: a.example\r\naccept: */*\r\ncookie: a=1; b=2\r\n\r\n");
}

TEST_CASE("Host may stand for :authority, and beside it when it says the same", "[http][h2_head]") {
    Fields fields = with(":authority", nullptr);
    fields.emplace_back("host", "b.example");
    CHECK(read(Kind::Request, fields).text == "GET /x?y HTTP/1.1\r\nhost: b.example\r\n\r\n");
    CHECK(read(Kind::Request, request({{"host", "A.example"}})).text ==
          "GET /x?y HTTP/1.1\r\nhost: a.example\r\n\r\n");
    CHECK(refusal(request({{"host", "b.example"}})) == "400 Host is not :authority");
    CHECK(refusal(request({{"host", "a.example"}, {"host", "a.example"}})) ==
          "400 two Host fields");
}

TEST_CASE("a WebSocket over HTTP/2 reads as an upgrade", "[http][h2_head]") {
    Fields fields = with(":method", "CONNECT");
    fields.insert(fields.begin(), {":protocol", "websocket"});
    fields.emplace_back("sec-websocket-version", "13");
    const Read made = read(Kind::Request, fields);
    CHECK(made.protocol == "websocket");
    CHECK(made.text ==
          "GET /x?y HTTP/1.1\r\nhost: a.example\r\nsec-websocket-version: 13\r\n"
          "connection: upgrade\r\nupgrade: websocket\r\n\r\n");
}

TEST_CASE("a request that breaks a rule of RFC 9113 section 8 is refused", "[http][h2_head]") {
    CHECK(refusal(with(":method", nullptr)) == "400 no :method");
    CHECK(refusal(with(":scheme", nullptr)) == "400 no :scheme");
    CHECK(refusal(with(":path", nullptr)) == "400 no :path");
    CHECK(refusal(with(":path", "")) == "400 no :path");
    CHECK(refusal(with(":path", "x")) == "400 invalid :path");
    CHECK(refusal(with(":path", "https://a.example/")) == "400 invalid :path");
    CHECK(refusal(with(":path", "*")) == "400 invalid :path");
    CHECK(refusal(with(":path", "/ HTTP/1.1\r\nX: y\r\n\r\n")) == "400 invalid :path");
    CHECK(refusal(with(":path", "/a b")) == "400 invalid :path");
    CHECK(refusal(with(":method", "GET /")) == "400 invalid method");
    CHECK(refusal(with(":method", "")) == "400 invalid method");
    CHECK(refusal(with(":authority", "a\r\nx: y")) == "400 invalid :authority");
    CHECK(refusal(with(":scheme", "ftp")) == "400 unknown :scheme");
    CHECK(refusal(with(":protocol", "websocket")) == "400 :protocol without CONNECT");
    CHECK(refusal(with(":unknown", "x")) == "400 a wrong pseudo-field");
    CHECK(refusal(with(":status", "200")) == "400 a wrong pseudo-field");
    CHECK(refusal(request({{":path", "/z"}})) == "400 a wrong pseudo-field");
    CHECK(refusal(request({{"a", "b"}, {":path", "/z"}})) ==
          "400 a pseudo-field behind other fields");
    CHECK(refusal({{":method", "CONNECT"}, {":authority", "a:1"}}) ==
          "501 CONNECT is not supported");
}

TEST_CASE("fields that would change where an HTTP/1.1 message ends are refused",
          "[http][h2_head]") {
    CHECK(refusal(request({{"X-Upper", "y"}})) == "400 invalid field name");
    CHECK(refusal(request({{"x y", "z"}})) == "400 invalid field name");
    CHECK(refusal(request({{"", "z"}})) == "400 invalid field name");
    CHECK(refusal(request({{"x:y", "z"}})) == "400 invalid field name");
    CHECK(refusal(request({{"x\r\ny", "z"}})) == "400 invalid field name");
    CHECK(refusal(request({{"x", "a\r\ny: z"}})) == "400 invalid field value");
    CHECK(refusal(request({{"x", "a\nb"}})) == "400 invalid field value");
    CHECK(refusal(request({{"x", std::string("a\0b", 3)}})) == "400 invalid field value");
    CHECK(refusal(request({{"x", " a"}})) == "400 invalid field value");
    CHECK(refusal(request({{"x", "a\t"}})) == "400 invalid field value");
    for (const char* name :
         {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
        CHECK(refusal(request({{name, "x"}})) ==
              "400 a field that belongs to HTTP/1.1 connections");
    }
    CHECK(refusal(request({{"te", "gzip"}})) == "400 TE is not trailers");
    CHECK(read(Kind::Request, request({{"te", "trailers"}})).status == 0);
}

TEST_CASE("a head has the bounds of one of HTTP/1.1, each field counting 32 bytes more",
          "[http][h2_head]") {
    const HeadLimits limits{300, 5, 20};
    CHECK(read(Kind::Request, with(":path", "/12345678901234567890"), limits).status == 414);
    CHECK(read(Kind::Request, request({{"x", std::string(100, 'a')}}), limits).status == 431);
    Fields many = request();
    for (int count = 0; count < 6; ++count) many.emplace_back("x", "");
    CHECK(read(Kind::Request, many, {4000, 5, 20}).reason == "too many header fields");
    Fields crumbs = request();
    for (int count = 0; count < 50; ++count) crumbs.emplace_back("cookie", "a");
    CHECK(read(Kind::Request, crumbs, {4000, 5, 20}).status == 0);
    CHECK(read(Kind::Request, crumbs, {400, 5, 20}).status == 431);
}

TEST_CASE("a head that goes on far beyond its bounds is hopeless", "[http][h2_head]") {
    H2HeadReader reader;
    reader.start(Kind::Request, {100, 5, 20});
    for (int count = 0; count < 10; ++count) reader.add("x", "y");
    CHECK(!reader.is_hopeless());
    for (int count = 0; count < 20; ++count) reader.add("x", "y");
    CHECK(reader.is_hopeless());
}

TEST_CASE("of a refused request the log gets what was understood", "[http][h2_head]") {
    CHECK(read(Kind::Request, request({{"X", "y"}})).text ==
          "GET /x?y HTTP/1.1\r\nhost: a.example\r\n\r\n");
    CHECK(read(Kind::Request, with(":path", "/ \r\n")).text.empty());
}

TEST_CASE("a response of HTTP/2 reads as one of HTTP/1.1", "[http][h2_head]") {
    CHECK(read(Kind::Response, {{":status", "404"}, {"server", "x"}}).text ==
          "HTTP/1.1 404 Not Found\r\nserver: x\r\n\r\n");
    for (const char* status : {"", "20", "2000", "2x0", "099", "101"}) {
        CHECK(read(Kind::Response, {{":status", status}}).status == 400);
    }
    CHECK(read(Kind::Response, {{"server", "x"}}).status == 400);
    CHECK(read(Kind::Response, {{":method", "GET"}}).status == 400);
}

TEST_CASE("of trailers those stay that may be forwarded", "[http][h2_head]") {
    CHECK(read(Kind::Trailers, {{"grpc-status", "0"}, {"content-length", "4"}}).text ==
          "grpc-status: 0\r\n");
    CHECK(read(Kind::Trailers, {{"grpc-status", "0"}, {":path", "/"}}).status == 400);
    CHECK(read(Kind::Trailers, {{"A", "0"}}).status == 400);
}

TEST_CASE("a response is sent in lower case and without its connection", "[http][h2_head]") {
    H2FieldList list;
    list.set_response(
        "HTTP/1.1 200 OK\r\nServer: X\r\nConnection: close\r\nKeep-Alive: timeout=5\r\n"
        "Transfer-Encoding: chunked\r\nX-Empty:\r\n\r\n");
    CHECK(listed(list) == Fields{{":status", "200"}, {"server", "X"}, {"x-empty", ""}});
}

TEST_CASE("a switch of protocols is sent as success", "[http][h2_head]") {
    H2FieldList list;
    list.set_response(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: abc\r\nSec-WebSocket-Protocol: chat\r\n\r\n");
    CHECK(listed(list) == Fields{{":status", "200"}, {"sec-websocket-protocol", "chat"}});
}

TEST_CASE("a request is sent with its pseudo-fields first", "[http][h2_head]") {
    H2FieldList list;
    list.set_request(
        "POST /a?b HTTP/1.1\r\nHost: a.example\r\nTE: trailers\r\nConnection: TE\r\n\r\n", "http");
    CHECK(listed(list) == Fields{{":method", "POST"},
                                 {":scheme", "http"},
                                 {":authority", "a.example"},
                                 {":path", "/a?b"},
                                 {"te", "trailers"}});
}

TEST_CASE("trailers are sent as they are", "[http][h2_head]") {
    H2FieldList list;
    list.set_trailers("Grpc-Status: 0\r\nX: y\r\n");
    CHECK(listed(list) == Fields{{"grpc-status", "0"}, {"x", "y"}});
    list.set_trailers("");
    CHECK(list.fields().empty());
}
