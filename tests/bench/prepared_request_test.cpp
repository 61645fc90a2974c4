#include "bench/prepared_request.h"

#include "tests/support/catch.h"

namespace fairlead::bench {

TEST_CASE("a prepared request differs from one to the next by its id alone", "[bench][request]") {
    RequestShape shape;
    shape.path = "/a?b=c";
    shape.fields = {"Accept: */*"};
    PreparedRequest request(shape, "example.com", "run7");
    CHECK(request.head(9, false) ==
          "GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nX-Bench-Id: run7-9\r\n\r\n");
    CHECK(request.head(12345, true) ==
          "GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nConnection: close\r\n"
          "X-Bench-Id: run7-12345\r\n\r\n");
    CHECK(request.head(10, false).ends_with("run7-10\r\n\r\n"));
}

TEST_CASE("a request without ids is the same bytes each time", "[bench][request]") {
    PreparedRequest request(RequestShape{}, "h", "");
    CHECK(request.head(1, false) == "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(request.head(2, false) == request.head(1, false));
}

TEST_CASE("a method that is expected to have a body says its length, also of none",
          "[bench][request]") {
    RequestShape shape;
    shape.method = "POST";
    CHECK(PreparedRequest(shape, "h", "").head(1, false) ==
          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    shape.method = "GET";
    shape.body_bytes = 5;
    CHECK(PreparedRequest(shape, "h", "").head(1, false) ==
          "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
}

}  // namespace fairlead::bench
