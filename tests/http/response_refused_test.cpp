// What a backend's answer is refused for: always a 502, however the bytes come.
#include <string>
#include <string_view>

#include "tests/http/parsing.h"
#include "tests/support/catch.h"

namespace fairlead::http {
namespace {

using namespace std::string_view_literals;

struct Refusal {
    std::string_view bytes;
    std::string_view reason;
};

constexpr Refusal kRefusals[] = {
    {"SSH-2.0-OpenSSH_9.2\r\n", "status line does not start with HTTP/"},
    {"ICY 200 OK\r\n\r\n", "status line does not start with HTTP/"},
    {"http/1.1 200 OK\r\n\r\n", "status line does not start with HTTP/"},
    {"\r\nHTTP/1.1 200 OK\r\n\r\n", "malformed HTTP version"},
    {"<html>hello</html>\n", "status line does not start with HTTP/"},
    {"HTTP/2.0 200 OK\r\n\r\n", "HTTP version is not supported"},
    {"HTTP/0.9 200 OK\r\n\r\n", "HTTP version is not supported"},
    {"HTTP/1.2 200 OK\r\n\r\n", "HTTP version is not 1.0 or 1.1"},
    {"HTTP/11 200 OK\r\n\r\n", "malformed HTTP version"},
    {"HTTP/1.1\r\n\r\n", "malformed status line"},
    {"HTTP/1.1 \r\n\r\n", "malformed status line"},
    {"HTTP/1.1 20\r\n\r\n", "malformed status line"},
    {"HTTP/1.1 2000 OK\r\n\r\n", "malformed status line"},
    {"HTTP/1.1 200OK\r\n\r\n", "malformed status line"},
    {"HTTP/1.1\t200 OK\r\n\r\n", "malformed status line"},
    {"HTTP/1.1  200 OK\r\n\r\n", "malformed status line"},
    {"HTTP/1.1 2a0 OK\r\n\r\n", "status code is not three digits"},
    {"HTTP/1.1 +20 OK\r\n\r\n", "status code is not three digits"},
    {"HTTP/1.1 099 OK\r\n\r\n", "status code out of range"},
    {"HTTP/1.1 600 OK\r\n\r\n", "status code out of range"},
    {"HTTP/1.1 200 O\x01K\r\n\r\n", "control character in the head"},
    {"HTTP/1.1 200 O\0K\r\n\r\n"sv, "control character in the head"},
    {"HTTP/1.1 200 OK\n\r\n", "bare LF"},
    {"HTTP/1.1 200 OK\r\nX: y\n\r\n", "bare LF"},
    {"HTTP/1.1 200 OK\r\nX: y\rz\r\n\r\n", "bare CR"},
    {"HTTP/1.1 200 OK\r\nX: y\r\n folded\r\n\r\n", "folded header line"},
    {"HTTP/1.1 200 OK\r\n X: y\r\n\r\n", "white space before a field name"},
    {"HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "white space after a field name"},
    {"HTTP/1.1 200 OK\r\nX\r\n\r\n", "header line without a colon"},
    {"HTTP/1.1 200 OK\r\nX[]: y\r\n\r\n", "invalid field name"},
    {"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n"sv, "control character in the head"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
     "Content-Length with Transfer-Encoding"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
     "two Content-Length values"},
    {"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "Content-Length is not a number"},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: x\r\n\r\n", "Content-Length is not a number"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
     "Transfer-Encoding is not chunked"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding is not chunked"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
     "two Transfer-Encoding fields"},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding on HTTP/1.0"},
    {"HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n", "content with a 1xx response"},
    {"HTTP/1.1 101 Switching Protocols\r\nTransfer-Encoding: chunked\r\n\r\n",
     "content with a 1xx response"},
};

}  // namespace

TEST_CASE("a malformed or ambiguous response is refused, however it is cut", "[http][h1]") {
    for (const Refusal& row : kRefusals) {
        const Outcome wanted{ParseStatus::Refused, 0, Failure::BackendBadResponse, 502,
                             std::string(row.reason)};
        CAPTURE(row.bytes);
        ResponseHead head;
        CHECK(parse_response(row.bytes, head) == wanted);
        for (unsigned seed = 0; seed < 8; ++seed) {
            const Cuts cuts = seed == 0 ? Cuts::every(1) : Cuts::random(seed);
            CHECK(parse_response(row.bytes, head, Method::Get, cuts) == wanted);
        }
    }
}

TEST_CASE("a response head over the limits is a bad response", "[http][h1]") {
    const HeadLimits limits{.bytes = 200, .count = 3, .target_bytes = 50};
    const auto refused = [&limits](const std::string& bytes, const std::string& reason) {
        const Outcome wanted{ParseStatus::Refused, 0, Failure::BackendBadResponse, 502, reason};
        ResponseHead head;
        CHECK(parse_response(bytes, head, Method::Get, Cuts::whole(), limits) == wanted);
        CHECK(parse_response(bytes, head, Method::Get, Cuts::every(1), limits) == wanted);
    };
    refused("HTTP/1.1 200 " + std::string(300, 'x'), "status line is too long");
    refused("HTTP/1.1 200 OK\r\nX: " + std::string(300, 'x'), "header fields are too large");
    refused("HTTP/1.1 200 OK\r\nX: 1\r\nX: 2\r\nX: 3\r\nX: 4\r\n\r\n", "too many header fields");
}

}  // namespace fairlead::http
