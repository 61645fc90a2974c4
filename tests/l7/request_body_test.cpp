#include "proxy/l7/request_body.h"

#include <limits>
#include <string>

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::l7;
using http::BodyLength;

namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

http::BodyPart feed(RequestBody& body, std::string& bytes) {
    return body.receive(std::span<char>(bytes.data(), bytes.size()));
}

/// Feeds what is a whole number of reads and holds it, as an exchange without an attempt does.
std::string hold_all(RequestBody& body, std::string bytes) {
    const http::BodyPart part = feed(body, bytes);
    const std::string payload(part.payload.data(), part.payload.size());
    body.hold(payload);
    return payload;
}

}  // namespace

TEST_CASE("a body is held from its first byte, so that it can be sent again", "[l7][body]") {
    RequestBody body;
    body.start({BodyLength::Kind::Length, 10}, 64, kNoLimit);
    CHECK_FALSE(body.is_complete());
    hold_all(body, "01234");
    hold_all(body, "56789");
    CHECK(body.is_complete());
    CHECK(body.held() == "0123456789");
    body.drop_if_full();
    CHECK(body.is_replayable());
    CHECK(body.held() == "0123456789");
}

TEST_CASE("a body larger than may be held is let go once it has been sent", "[l7][body]") {
    RequestBody body;
    body.start({BodyLength::Kind::Length, 100}, 8, kNoLimit);
    hold_all(body, "01234567");
    CHECK(body.is_full());
    body.drop_if_full();
    CHECK(body.is_replayable());  // exactly what may be held
    hold_all(body, "8");
    body.drop_if_full();
    CHECK_FALSE(body.is_replayable());
    CHECK(body.held().empty());
    hold_all(body, "9");
    CHECK(body.held().empty());
    CHECK(body.received_bytes() == 10);
}

TEST_CASE("nothing is held when nothing may be", "[l7][body]") {
    RequestBody body;
    body.start({BodyLength::Kind::Length, 3}, 0, kNoLimit);
    CHECK(body.is_full());
    hold_all(body, "abc");
    body.drop_if_full();
    CHECK_FALSE(body.is_replayable());
}

TEST_CASE("chunks are taken apart, trailers kept, and what follows is left alone", "[l7][body]") {
    RequestBody body;
    body.start({BodyLength::Kind::Chunked, 0}, 64, kNoLimit);
    std::string bytes = "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Sum: 1\r\n\r\nGET /";
    const http::BodyPart part = feed(body, bytes);
    CHECK(part.is_done);
    CHECK(bytes.substr(part.consumed) == "GET /");
    CHECK(std::string(part.payload.data(), part.payload.size()) == "abcde");
    CHECK(body.trailers() == "X-Sum: 1\r\n");
    CHECK(body.is_complete());
}

TEST_CASE("a chunked body over the limit is refused with 413", "[l7][body]") {
    RequestBody body;
    body.start({BodyLength::Kind::Chunked, 0}, 64, 4);
    std::string bytes = "3\r\nabc\r\n2\r\nde\r\n";
    const http::BodyPart part = feed(body, bytes);
    CHECK(part.is_refused);
    CHECK(part.error.status == 413);
    CHECK_FALSE(body.is_complete());
}

TEST_CASE("a body started anew knows nothing of the one before", "[l7][body]") {
    RequestBody body;
    body.start({BodyLength::Kind::Chunked, 0}, 4, kNoLimit);
    hold_all(body, "8\r\n01234567");
    body.drop_if_full();
    body.start({BodyLength::Kind::None, 0}, 4, kNoLimit);
    CHECK(body.is_complete());
    CHECK(body.is_empty());
    CHECK(body.is_replayable());
    CHECK(body.held().empty());
    CHECK(body.trailers().empty());
    CHECK(body.received_bytes() == 0);
}
