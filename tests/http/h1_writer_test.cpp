#include "proxy/http/h1_writer.h"

#include <string>

#include "tests/http/parsing.h"
#include "tests/support/catch.h"

using namespace fairlead::http;

namespace {

template <class Write>
std::string written(Write write) {
    HeadBuffer buffer;
    HeadWriter writer(buffer);
    write(writer);
    return std::string(buffer.view());
}

}  // namespace

TEST_CASE("first lines are written with one space between their parts", "[http][writer]") {
    CHECK(written([](HeadWriter& to) { to.request_line("GET", "/a", "?b"); }) ==
          "GET /a?b HTTP/1.1\r\n");
    CHECK(written([](HeadWriter& to) { to.request_line("OPTIONS", "*", ""); }) ==
          "OPTIONS * HTTP/1.1\r\n");
    CHECK(written([](HeadWriter& to) { to.status_line(200, ""); }) == "HTTP/1.1 200 OK\r\n");
    CHECK(written([](HeadWriter& to) { to.status_line(200, "Fine"); }) == "HTTP/1.1 200 Fine\r\n");
    CHECK(written([](HeadWriter& to) { to.status_line(404, ""); }) == "HTTP/1.1 404 Not Found\r\n");
    CHECK(written([](HeadWriter& to) { to.status_line(599, ""); }) == "HTTP/1.1 599 Status\r\n");
}

TEST_CASE("fields are written as text and as numbers", "[http][writer]") {
    CHECK(written([](HeadWriter& to) {
              to.field("A", std::string_view("b"));
              to.field("Content-Length", std::uint64_t{18446744073709551615U});
              to.field("Zero", std::uint64_t{0});
              to.lines("X: y\r\n");
              to.end();
          }) == "A: b\r\nContent-Length: 18446744073709551615\r\nZero: 0\r\nX: y\r\n\r\n");
}

TEST_CASE("copied fields come out as they came in, whichever are left out", "[http][writer]") {
    RequestHead head;
    parse_request("GET / HTTP/1.1\r\nHost: a\r\nB:  1\t\r\nc:\r\nLast: x\r\n\r\n", head);
    REQUIRE(head.fields.size() == 4);
    const std::string lines[] = {"Host: a\r\n", "B:  1\t\r\n", "c:\r\n", "Last: x\r\n"};
    for (unsigned chosen = 0; chosen < 16; ++chosen) {
        std::string expected;
        for (std::size_t index = 0; index < 4; ++index) {
            if ((chosen >> index & 1) != 0) expected += lines[index];
        }
        const auto is_left_out = [&](const Field& field) {
            return (chosen >> (&field - head.fields.data()) & 1) == 0;
        };
        CHECK(written([&](HeadWriter& to) {
                  to.copy(head, HeadWriter::FirstLine::LeftOut, is_left_out);
              }) == expected);
        CHECK(written([&](HeadWriter& to) {
                  to.copy(head, HeadWriter::FirstLine::Copied, is_left_out);
              }) == "GET / HTTP/1.1\r\n" + expected);
    }
}

TEST_CASE("a head without fields has its first line to copy", "[http][writer]") {
    RequestHead head;
    parse_request("GET / HTTP/1.0\r\n\r\n", head);
    REQUIRE(head.fields.empty());
    const auto is_left_out = [](const Field&) { return false; };
    CHECK(written([&](HeadWriter& to) {
              to.copy(head, HeadWriter::FirstLine::LeftOut, is_left_out);
          }).empty());
    CHECK(written([&](HeadWriter& to) {
              to.copy(head, HeadWriter::FirstLine::Copied, is_left_out);
          }) == "GET / HTTP/1.0\r\n");
}

TEST_CASE("a buffer grows with what is written and is used again", "[http][writer]") {
    HeadBuffer buffer;
    CHECK(buffer.empty());
    const std::string large(100'000, 'x');
    buffer.append("a");
    buffer.append(large);
    buffer.append("");
    buffer.append("b");
    CHECK(buffer.view() == "a" + large + "b");
    buffer.clear();
    CHECK(buffer.empty());
    buffer.append("c");
    CHECK(buffer.view() == "c");
}
