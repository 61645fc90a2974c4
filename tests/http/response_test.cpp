#include <string>
#include <string_view>

#include "tests/http/parsing.h"
#include "tests/support/catch.h"

namespace fairlead::http {
namespace {

using Kind = BodyLength::Kind;

ResponseHead accepted(std::string_view bytes, Method method = Method::Get) {
    ResponseHead head;
    CAPTURE(bytes);
    CHECK(parse_response(bytes, head, method) == complete(bytes.size()));
    for (unsigned seed = 0; seed < 8; ++seed) {
        ResponseHead cut;
        const Cuts cuts = seed == 0 ? Cuts::every(1) : Cuts::random(seed);
        CHECK(parse_response(bytes, cut, method, cuts) == complete(bytes.size()));
        CHECK(fields_of(cut) == fields_of(head));
    }
    return head;
}

}  // namespace

TEST_CASE("a response head becomes status, reason and fields", "[http][h1]") {
    const ResponseHead head =
        accepted("HTTP/1.1 404 Not Here\r\nServer: x\r\nContent-Length: 3\r\n\r\n");
    CHECK(head.status == 404);
    CHECK(head.text(head.reason) == "Not Here");
    CHECK(head.body.kind == Kind::Length);
    CHECK(head.body.bytes == 3);
    CHECK(head.keep_alive);
    CHECK(head.fields.size() == 2);
}

TEST_CASE("a reason phrase may be empty, hold any text, or be left out", "[http][h1]") {
    const auto reason = [](const std::string& line) {
        const ResponseHead head = accepted(line + "\r\nContent-Length: 0\r\n\r\n");
        CHECK(head.status == 200);
        return std::string(head.text(head.reason));
    };
    CHECK(reason("HTTP/1.1 200 ").empty());
    CHECK(reason("HTTP/1.1 200").empty());
    CHECK(reason("HTTP/1.1 200 caf\xE9\t: it is") == "caf\xE9\t: it is");
}

TEST_CASE("a response without length goes on until the connection closes", "[http][h1]") {
    const ResponseHead head = accepted("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n");
    CHECK(head.body.kind == Kind::UntilClose);
    CHECK_FALSE(head.keep_alive);
}

TEST_CASE("responses that cannot have content have none, whatever they announce", "[http][h1]") {
    const std::string length = "Content-Length: 10\r\n\r\n";
    CHECK(accepted("HTTP/1.1 200 OK\r\n" + length, Method::Head).body.kind == Kind::None);
    CHECK(accepted("HTTP/1.1 304 Not Modified\r\n" + length).body.kind == Kind::None);
    CHECK(accepted("HTTP/1.1 204 No Content\r\n\r\n").body.kind == Kind::None);
    CHECK(accepted("HTTP/1.1 204 No Content\r\n\r\n").keep_alive);
    CHECK(accepted("HTTP/1.1 100 Continue\r\n\r\n").body.kind == Kind::None);
    CHECK(accepted("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").body.kind == Kind::None);
    const ResponseHead kept = accepted("HTTP/1.1 304 Not Modified\r\n" + length);
    CHECK(kept.find(FieldId::ContentLength) != nullptr);
    CHECK(kept.keep_alive);
    CHECK(
        accepted("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Method::Head).body.kind ==
        Kind::None);
}

TEST_CASE("a 204 that announces content ends its connection", "[http][h1]") {
    CHECK_FALSE(accepted("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n").keep_alive);
    CHECK_FALSE(
        accepted("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n").keep_alive);
    CHECK(accepted("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n").keep_alive);
}

TEST_CASE("a switch of protocols is told by status, Connection and Upgrade", "[http][h1]") {
    const ResponseHead head = accepted(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    CHECK(head.status == 101);
    CHECK(head.has_upgrade);
    CHECK(head.body.kind == Kind::None);
}

TEST_CASE("HTTP/1.0 responses are kept only when they say so", "[http][h1]") {
    CHECK_FALSE(accepted("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keep_alive);
    CHECK(accepted("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n")
              .keep_alive);
    CHECK_FALSE(
        accepted("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").keep_alive);
}

TEST_CASE("chunked and repeated lengths are read in responses too", "[http][h1]") {
    CHECK(accepted("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n").body.kind ==
          Kind::Chunked);
    const ResponseHead head =
        accepted("HTTP/1.1 200 OK\r\nContent-Length: 4, 4\r\nContent-Length: 4\r\n\r\n");
    CHECK(head.body.bytes == 4);
    CHECK(head.fields.size() == 1);
    CHECK(head.status == 200);
    CHECK(head.text(head.reason) == "OK");
}

}  // namespace fairlead::http
