#include <string>

#include "tests/http/parsing.h"
#include "tests/support/catch.h"

namespace fairlead::http {
namespace {

const HeadLimits kLimits{.bytes = 2000, .count = 10, .target_bytes = 100};

Outcome refusal(Failure failure, int status, const std::string& reason) {
    return {ParseStatus::Refused, 0, failure, status, reason};
}

void check_all_cuts(const std::string& bytes, const Outcome& wanted,
                    const HeadLimits& limits = kLimits) {
    RequestHead head;
    CHECK(parse_request(bytes, head, Cuts::whole(), limits) == wanted);
    CHECK(parse_request(bytes, head, Cuts::every(1), limits) == wanted);
    CHECK(parse_request(bytes, head, Cuts::every(7), limits) == wanted);
    CHECK(parse_request(bytes, head, Cuts::random(1), limits) == wanted);
}

std::string request(std::size_t target_bytes, const std::string& fields = "") {
    return "GET /" + std::string(target_bytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n" + fields +
           "\r\n";
}

}  // namespace

TEST_CASE("a target of the limit's length is accepted and one byte more is 414", "[http][h1]") {
    const std::string fits = request(100);
    check_all_cuts(fits, complete(fits.size()));
    const Outcome too_long = refusal(Failure::UriTooLong, 414, "request target is too long");
    check_all_cuts(request(101), too_long);
    check_all_cuts(request(50000), too_long);
    check_all_cuts("GET /" + std::string(100, 'a'), too_long);
}

TEST_CASE("a request line longer than the whole head may be is 414 too", "[http][h1]") {
    const HeadLimits wide{.bytes = 2000, .count = 10, .target_bytes = 8000};
    const Outcome too_long = refusal(Failure::UriTooLong, 414, "request target is too long");
    check_all_cuts(request(5000), too_long, wide);
}

TEST_CASE("a head of the limit's length is accepted and one byte more is 431", "[http][h1]") {
    const std::size_t others = request(1, "X: \r\n").size();
    const std::string fits = request(1, "X: " + std::string(2000 - others, 'x') + "\r\n");
    REQUIRE(fits.size() == 2000);
    check_all_cuts(fits, complete(2000));
    const Outcome too_large = refusal(Failure::HeaderTooLarge, 431, "header fields are too large");
    check_all_cuts(request(1, "X: " + std::string(2001 - others, 'x') + "\r\n"), too_large);
    check_all_cuts(request(1, "X: " + std::string(90000, 'x')), too_large);
}

TEST_CASE("as many fields as the limit are accepted and one more is 431", "[http][h1]") {
    std::string fields;
    for (int i = 0; i < 9; ++i) fields += "X: y\r\n";
    check_all_cuts(request(1, fields), complete(request(1, fields).size()));
    check_all_cuts(request(1, fields + "X: y\r\n"),
                   refusal(Failure::HeaderTooLarge, 431, "too many header fields"));
}

TEST_CASE("of several faults the first in the bytes is told", "[http][h1]") {
    check_all_cuts(request(1, "bad\r\nX: " + std::string(9000, 'x') + "\r\n"),
                   refusal(Failure::ClientBadRequest, 400, "header line without a colon"));
    check_all_cuts(request(1, "X: \x01" + std::string(9000, 'x') + "\r\n"),
                   refusal(Failure::ClientBadRequest, 400, "control character in the head"));
    check_all_cuts(request(1, "X" + std::string(9000, 'x') + "\x01"),
                   refusal(Failure::HeaderTooLarge, 431, "header fields are too large"));
    check_all_cuts("GET /" + std::string(150, 'a') + "\n",
                   refusal(Failure::UriTooLong, 414, "request target is too long"));
    check_all_cuts("GET /" + std::string(50, 'a') + "\n" + std::string(150, 'a'),
                   refusal(Failure::ClientBadRequest, 400, "bare LF"));
}

TEST_CASE("the head's buffer stays near the limit whatever is sent", "[http][h1]") {
    RequestHead head;
    RequestParser parser;
    parser.start(head, kLimits);
    const std::string flood(1024 * 1024, 'x');
    std::string begin = "GET / HTTP/1.1\r\nX: ";
    CHECK(parser.feed(begin).status == ParseStatus::NeedMore);
    CHECK(parser.feed(flood).status == ParseStatus::Refused);
    CHECK(head.bytes.size() < 4096);
    CHECK(parser.feed(flood).status == ParseStatus::Refused);
    CHECK(head.bytes.size() < 4096);
}

TEST_CASE("a large body read with its head does not get into the head's buffer", "[http][h1]") {
    RequestHead head;
    const std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n";
    CHECK(parse_request(bytes + std::string(60000, 'x'), head) == complete(bytes.size()));
    CHECK(head.bytes == bytes);
    CHECK(head.bytes.capacity() < 4096);
}

}  // namespace fairlead::http
