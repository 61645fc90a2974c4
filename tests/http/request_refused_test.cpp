// What a request is refused for, and what is said: whole, byte by byte, and cut at random.
#include <string>
#include <string_view>

#include "tests/http/parsing.h"
#include "tests/support/catch.h"

namespace fairlead::http {
namespace {

using namespace std::string_view_literals;

struct Refusal {
    std::string_view bytes;
    int status;
    std::string_view reason;
};

constexpr Refusal kFirstLine[] = {
    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "two spaces in the request line"},
    {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "more than single spaces in the request line"},
    {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "more than single spaces in the request line"},
    {"GET / a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "more than single spaces in the request line"},
    {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "white space before the method"},
    {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "tab in the request line"},
    {"GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", 400, "tab in the request line"},
    {"GET / \tHTTP/1.1\r\nHost: a\r\n\r\n", 400, "tab in the request line"},
    {"GET /\r\n\r\n", 400, "request line without a version"},
    {"GET /\n", 400, "bare LF"},
    {"GET\r\n\r\n", 400, "request line without a target"},
    {"GET / \r\n\r\n", 400, "malformed HTTP version"},
    {"GET / HTTP/1\r\nHost: a\r\n\r\n", 400, "malformed HTTP version"},
    {"GET / HTTP/11\r\nHost: a\r\n\r\n", 400, "malformed HTTP version"},
    {"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400, "malformed HTTP version"},
    {"GET / HTTP/01.1\r\nHost: a\r\n\r\n", 400, "malformed HTTP version"},
    {"GET / HTTP/1.1a\r\nHost: a\r\n\r\n", 400, "malformed HTTP version"},
    {"GET / http/1.1\r\nHost: a\r\n\r\n", 400, "malformed HTTP version"},
    {"GET / HTTPS/1.1\r\nHost: a\r\n\r\n", 400, "malformed HTTP version"},
    {"DESCRIBE rtsp://a/ RTSP/1.0\r\nHost: a\r\n\r\n", 400, "malformed HTTP version"},
    {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400, "HTTP version is not 1.0 or 1.1"},
    {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505, "HTTP version is not supported"},
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "HTTP version is not supported"},
    {"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505, "HTTP version is not supported"},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP version is not supported"},
    {"PRI * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "HTTP/2 preface"},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501, "CONNECT is not supported"},
    {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "unknown method"},
    {"GETX / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "unknown method"},
    {"FROBNICATE / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "unknown method"},
    {"ANNOUNCE / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "unknown method"},
    {"SETUP / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "unknown method"},
    {"SOURCE / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "unknown method"},
    {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 501, "unknown method"},
    {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid character in the method"},
    {"G\xC3\xA9T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid character in the method"},
    {"\x16\x03\x01\x02\x00\x01", 400, "control character in the head"},
    {"GET /\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "non-ASCII character in the target"},
    {"GET /\ta HTTP/1.1\r\nHost: a\r\n\r\n", 400, "tab in the request line"},
    {"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "control character in the head"},
    {"GET /\x7F HTTP/1.1\r\nHost: a\r\n\r\n", 400, "control character in the head"},
    {"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "control character in the head"},
    {"GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bare CR"},
    {"GET /\n HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bare LF"},
    {"\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bare LF"},
    {"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bare CR"},
    {"\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "too many empty lines"},
};

constexpr Refusal kLineEnds[] = {
    {"GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "bare LF"},
    {"GET / HTTP/1.1\r\nHost: a\n\r\n", 400, "bare LF"},
    {"GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "bare LF"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\nY: c\r\n\r\n", 400, "bare LF"},
    {"GET / HTTP/1.1\r\nHost: a\r\n\rX: b\r\n\r\n", 400, "bare CR"},
    {"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400, "bare CR"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", 400, "bare CR"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\rTransfer-Encoding: chunked\r\n\r\n", 400, "bare CR"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX\r: b\r\n\r\n", 400, "bare CR"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\r\n\r\n", 400, "bare CR"},
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", 400, "bare CR"},
};

constexpr Refusal kFieldSyntax[] = {
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n", 400, "folded header line"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tfolded\r\n\r\n", 400, "folded header line"},
    {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n", 400,
     "folded header line"},
    {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "white space before a field name"},
    {"GET / HTTP/1.1\r\nHost: a\r\n X: b\r\n\r\n", 400, "folded header line"},
    {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "white space after a field name"},
    {"GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", 400, "white space after a field name"},
    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", 400,
     "white space after a field name"},
    {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", 400,
     "white space after a field name"},
    {"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400, "empty field name"},
    {"GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n", 400, "header line without a colon"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX(Y): b\r\n\r\n", 400, "invalid field name"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX\xE9: b\r\n\r\n", 400, "invalid field name"},
    {"GET / HTTP/1.1\r\nHost: a\r\n\"X\": b\r\n\r\n", 400, "invalid field name"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX\x0B: b\r\n\r\n", 400, "control character in the head"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: \0b\r\n\r\n"sv, 400, "control character in the head"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\x08\r\n\r\n", 400, "control character in the head"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\x7F\r\n\r\n", 400, "control character in the head"},
    {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0B"
     "chunked\r\n\r\n",
     400, "control character in the head"},
};

constexpr Refusal kFraming[] = {
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
     "Content-Length with Transfer-Encoding"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400,
     "Content-Length with Transfer-Encoding"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400,
     "two Content-Length values"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\n", 400,
     "two Content-Length values"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5,\r\n\r\n", 400,
     "Content-Length is not a number"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400,
     "Content-Length is not a number"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400,
     "Content-Length is not a number"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 6\r\n\r\n", 400,
     "Content-Length is not a number"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", 400,
     "Content-Length is not a number"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5.0\r\n\r\n", 400,
     "Content-Length is not a number"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5;a=b\r\n\r\n", 400,
     "Content-Length is not a number"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400,
     "Content-Length is not a number"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \xEF\xBC\x95\r\n\r\n", 400,
     "Content-Length is not a number"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000000000\r\n\r\n", 400,
     "Content-Length is not a number"},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\n", 400,
     "Content-Length is not a number"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400,
     "Transfer-Encoding is not chunked"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400,
     "Transfer-Encoding is not chunked"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400,
     "Transfer-Encoding is not chunked"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n", 400,
     "Transfer-Encoding is not chunked"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;a=b\r\n\r\n", 400,
     "Transfer-Encoding is not chunked"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 400,
     "Transfer-Encoding is not chunked"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunkedx\r\n\r\n", 400,
     "Transfer-Encoding is not chunked"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", 400,
     "Transfer-Encoding is not chunked"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 400,
     "Transfer-Encoding is not chunked"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", 400,
     "Transfer-Encoding is not chunked"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n",
     400, "two Transfer-Encoding fields"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\ntransfer-encoding: "
     "identity\r\n\r\n",
     400, "two Transfer-Encoding fields"},
    {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
     "Transfer-Encoding on HTTP/1.0"},
    {"POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\n\r\n", 417, "unknown expectation"},
    {"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, x\r\n\r\n", 417, "unknown expectation"},
};

constexpr Refusal kHost[] = {
    {"GET / HTTP/1.1\r\n\r\n", 400, "no Host field"},
    {"GET http://a/ HTTP/1.1\r\n\r\n", 400, "no Host field"},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "two Host fields"},
    {"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 400, "two Host fields"},
    {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "two Host fields"},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "invalid Host field"},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "invalid Host field"},
    {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "invalid Host field"},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "invalid Host field"},
    {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "invalid Host field"},
    {"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400, "invalid Host field"},
    {"GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", 400, "invalid Host field"},
    {"GET / HTTP/1.0\r\nHost: [::1\r\n\r\n", 400, "invalid Host field"},
};

void check_refused(const Refusal& row) {
    const Outcome wanted{ParseStatus::Refused, 0, Failure::ClientBadRequest, row.status,
                         std::string(row.reason)};
    CAPTURE(row.bytes);
    RequestHead head;
    CHECK(parse_request(row.bytes, head) == wanted);
    CHECK(parse_request(row.bytes, head, Cuts::every(1)) == wanted);
    for (unsigned seed = 0; seed < 8; ++seed) {
        CHECK(parse_request(row.bytes, head, Cuts::random(seed)) == wanted);
    }
}

}  // namespace

TEST_CASE("a malformed request line is refused, however it is cut", "[http][h1]") {
    for (const Refusal& row : kFirstLine) check_refused(row);
}

TEST_CASE("a bare CR or LF is refused anywhere in a request head", "[http][h1]") {
    for (const Refusal& row : kLineEnds) check_refused(row);
}

TEST_CASE("malformed fields, folded ones too, are refused", "[http][h1]") {
    for (const Refusal& row : kFieldSyntax) check_refused(row);
}

TEST_CASE("ambiguous framing of a request is refused", "[http][h1]") {
    for (const Refusal& row : kFraming) check_refused(row);
}

TEST_CASE("no, two or an invalid Host is refused", "[http][h1]") {
    for (const Refusal& row : kHost) check_refused(row);
}

TEST_CASE("a control character is refused at every place of a head", "[http][h1]") {
    const std::string good = "GET /path HTTP/1.1\r\nHost: a\r\nX-Long-Field-Name: value\r\n\r\n";
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const char bad : {'\0', '\x01', '\x0B', '\x1F', '\x7F'}) {
            std::string bytes = good;
            bytes[at] = bad;
            RequestHead head;
            CAPTURE(at);
            CHECK(parse_request(bytes, head).status == ParseStatus::Refused);
            CHECK(parse_request(bytes, head) == parse_request(bytes, head, Cuts::every(1)));
        }
    }
}

}  // namespace fairlead::http
