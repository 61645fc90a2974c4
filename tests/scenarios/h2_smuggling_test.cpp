// What HTTP/2 could carry past a proxy into an HTTP/1.1 message: refused with its status, and no
// backend sees any of it.
#include "tests/scenarios/support/h2_frames.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

using namespace h2;

struct Smuggled {
    const char* what;
    std::string fields;
    const char* status = "400";
};

/// A request of exactly these pseudo-fields, and some more fields.
std::string request_of(std::string_view method, std::string_view path, std::string_view authority,
                       std::string_view more = {}) {
    return field(":method", method) + field(":scheme", "http") + field(":path", path) +
           field(":authority", authority) + std::string(more);
}

std::string request_with(std::string_view name, std::string_view value) {
    return request_of("GET", "/", "test", field(name, value));
}

const std::vector<Smuggled>& smuggled_rows() {
    using namespace std::string_view_literals;
    static const std::vector<Smuggled> all{
        {"CR LF in a value", request_with("x", "a\r\nY: z")},
        {"LF in a value", request_with("x", "a\nY: z")},
        {"CR in a value", request_with("x", "a\rb")},
        {"NUL in a value", request_with("x", "a\0b"sv)},
        {"a head's end in a value",
         request_with("x", "a\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n")},
        {"CR LF in a name", request_with("x\r\ny", "z")},
        {"a colon in a name", request_with("x: y", "z")},
        {"a space in a name", request_with("x y", "z")},
        {"an empty name", request_with("", "z")},
        {"a request in :method", request_of("GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "/", "test")},
        {"a space in :method", request_of("GET /x", "/", "test")},
        {"CR LF in :path", request_of("GET", "/ HTTP/1.1\r\nX: y\r\n\r\n", "test")},
        {"a space in :path", request_of("GET", "/a b", "test")},
        {"a tab in :path", request_of("GET", "/a\tb", "test")},
        {"an absolute :path", request_of("GET", "http://other/", "test")},
        {"a :path that is none", request_of("GET", "other", "test")},
        {"a :path above the root", request_of("GET", "/../x", "test")},
        {"NUL in :path", request_of("GET", "/%00", "test")},
        {"a backslash in :path", request_of("GET", "/a\\b", "test")},
        {"a bad percent in :path", request_of("GET", "/%zz", "test")},
        {"bytes that are no ASCII in :path", request_of("GET", "/\xC3\xA4", "test")},
        {"CR LF in :authority", request_of("GET", "/", "test\r\nX: y")},
        {"a space in :authority", request_of("GET", "/", "te st")},
        {"userinfo in :authority", request_of("GET", "/", "user@test")},
        {"a path in :authority", request_of("GET", "/", "test/x")},
        {"Host beside another :authority", request_with("host", "other")},
        {"connection", request_with("connection", "x-forwarded-for")},
        {"keep-alive", request_with("keep-alive", "timeout=5")},
        {"proxy-connection", request_with("proxy-connection", "close")},
        {"upgrade", request_with("upgrade", "h2c")},
        {"transfer-encoding", request_with("transfer-encoding", "chunked")},
        {"transfer-encoding in capitals", request_with("Transfer-Encoding", "chunked")},
        {"a length that is no number", request_with("content-length", "+0")},
        {"two lengths", request_of("GET", "/", "test",
                                   field("content-length", "0") + field("content-length", "1"))},
        {"a length, and no body", request_with("content-length", "5")},
        {"CONNECT", field(":method", "CONNECT") + field(":authority", "test:80"), "other"},
    };
    return all;
}

}  // namespace

TEST_CASE("nothing is smuggled through HTTP/2", "[scenarios][h2]") {
    PlainBackend backend{"hello"};
    const Balancer balancer{{.backends = {backend.address()}, .listener = "http = \"h2\"\n"}};
    for (const Smuggled& row : smuggled_rows()) {
        INFO(row.what);
        RawClient client{balancer.port()};
        CHECK(client.outcome(frame(kHeaders, kEndHeaders | kEndStream, 1, row.fields)) ==
              row.status);
        CHECK(backend.request_count() == 0);
    }
    CHECK(backend.connections() == 0);
    for (const JsonText& line : balancer.wait_for_access_log(smuggled_rows().size())) {
        CHECK(line.at("/failure") == "client_bad_request");
    }
}

TEST_CASE("what a client of HTTP/2 says of others is not told on", "[scenarios][h2]") {
    PlainBackend backend{"hello"};
    const Balancer balancer{{.backends = {backend.address()}, .listener = "http = \"h2\"\n"}};
    RawClient client{balancer.port()};
    CHECK(
        client.outcome(frame(
            kHeaders, kEndHeaders | kEndStream, 1,
            request_of("GET", "/", "test",
                       field("x-forwarded-for", "10.9.9.9") + field("x_forwarded_for", "10.9.9.9") +
                           field("forwarded", "for=10.9.9.9") + field("x-real-ip", "10.9.9.9") +
                           field("x-forwarded-proto", "https") + field("proxy", "evil") +
                           field("x-request-id", "mine")))) == "200");
    const std::string head = backend.requests().at(0).head;
    CHECK(head.find("10.9.9.9") == std::string::npos);
    CHECK(head.find("evil") == std::string::npos);
    CHECK(head.find("mine") == std::string::npos);
    CHECK(backend.requests().at(0).field("X-Forwarded-Proto") == "http");
}

TEST_CASE("a body that turns out wrong never looks whole to the backend", "[scenarios][h2]") {
    for (const char* length : {"3", "5"}) {  // of four
        FakeBackend backend{[](Peer& peer) {
            peer.read_request();
            hold(peer);
        }};
        const Balancer balancer{{.backends = {backend.address()},
                                 .pool = "buffer = { request = \"none\" }\n",
                                 .listener = "http = \"h2\"\n"}};
        INFO(length);
        RawClient client{balancer.port()};
        const std::string outcome = client.outcome(post(1, field("content-length", length)) +
                                                   frame(kData, kEndStream, 1, "four"));
        CHECK(outcome.starts_with("400"));
        CHECK(balancer.wait_for_access_log(1).front().at("/failure") == "client_bad_request");
        for (const Message& request : backend.requests()) CHECK(!request.is_whole);
    }
}

}  // namespace fairlead::scenarios
