#include "proxy/l7/grpc.h"

#include <string>

#include "proxy/http/h1_parser.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::l7;

namespace {

bool is_unavailable(const std::string& head, bool is_whole = true) {
    http::ResponseHead parsed;
    http::ResponseParser parser;
    parser.start(parsed, http::Method::Post, {});
    REQUIRE(parser.feed(head).status == http::ParseStatus::Complete);
    return is_grpc_unavailable(parsed, is_whole);
}

}  // namespace

TEST_CASE("UNAVAILABLE with nothing in it may be called again", "[l7][grpc]") {
    CHECK(is_unavailable("HTTP/1.1 200 OK\r\ngrpc-status: 14\r\n\r\n"));
    CHECK(!is_unavailable("HTTP/1.1 200 OK\r\ngrpc-status: 14\r\n\r\n", false));
    CHECK(!is_unavailable("HTTP/1.1 200 OK\r\ngrpc-status: 0\r\n\r\n"));
    CHECK(!is_unavailable("HTTP/1.1 200 OK\r\n\r\n"));
    CHECK(!is_unavailable("HTTP/1.1 503 Service Unavailable\r\ngrpc-status: 14\r\n\r\n"));
}

TEST_CASE("UNAVAILABLE in trailers is seen", "[l7][grpc]") {
    CHECK(says_grpc_unavailable("grpc-message: no\r\nGrpc-Status: 14\r\n"));
    CHECK(!says_grpc_unavailable("grpc-status: 1\r\n"));
    CHECK(!says_grpc_unavailable(""));
}
