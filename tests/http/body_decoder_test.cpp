#include "proxy/http/body_decoder.h"

#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/http/parsing.h"
#include "tests/support/catch.h"

namespace fairlead::http {
namespace {

using namespace std::string_view_literals;
using Kind = BodyLength::Kind;

constexpr BodyLength kChunked{Kind::Chunked, 0};

struct Decoded {
    std::string payload;
    std::size_t consumed = 0;
    bool is_done = false;
    std::string refusal;  // "400 reason", empty when it was not refused
    std::string trailers;
    bool operator==(const Decoded&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
    return out << '"' << decoded.payload << "\" of " << decoded.consumed << " bytes, done "
               << decoded.is_done << ", refused: " << decoded.refusal << ", trailers "
               << decoded.trailers;
}

Decoded decode(std::string_view bytes, Cuts cuts, BodyLength length = kChunked,
               std::uint64_t bytes_max = UINT64_MAX, std::uint64_t trailer_max = 1000) {
    BodyDecoder decoder;
    decoder.start(length, bytes_max, trailer_max);
    Decoded out;
    while (!bytes.empty() && !decoder.is_done()) {
        std::vector<char> buffer(
            bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cuts.next(bytes.size())));
        const BodyPart part = decoder.decode(buffer);
        out.payload.append(part.payload.data(), part.payload.size());
        out.consumed += part.consumed;
        CHECK(part.is_done == decoder.is_done());
        CHECK(out.payload.size() == decoder.decoded_bytes());
        if (part.is_refused) {
            out.consumed = 0;
            out.refusal = std::to_string(part.error.status) + " " + std::string(part.error.reason);
            return out;
        }
        CHECK((part.is_done || part.consumed == buffer.size()));
        bytes.remove_prefix(part.consumed);
    }
    out.is_done = decoder.is_done();
    if (out.is_done) out.trailers = decoder.trailers();
    return out;
}

void check_all_cuts(std::string_view bytes, const Decoded& wanted) {
    CAPTURE(bytes);
    CHECK(decode(bytes, Cuts::whole()) == wanted);
    CHECK(decode(bytes, Cuts::every(1)) == wanted);
    for (unsigned seed = 0; seed < 8; ++seed) CHECK(decode(bytes, Cuts::random(seed)) == wanted);
}

std::string refusal_of(std::string_view bytes) {
    const std::string refusal = decode(bytes, Cuts::whole()).refusal;
    check_all_cuts(bytes, decode(bytes, Cuts::whole()));
    return refusal;
}

}  // namespace

TEST_CASE("chunks are joined and what follows is left", "[http][body]") {
    check_all_cuts("0\r\n\r\n", {"", 5, true, "", ""});
    check_all_cuts("5\r\nhello\r\n0\r\n\r\nGET", {"hello", 15, true, "", ""});
    check_all_cuts("5\r\nhello\r\n1\r\n,\r\n6\r\n world\r\n0\r\n\r\n",
                   {"hello, world", 32, true, "", ""});
    check_all_cuts("00A\r\n0123456789\r\n000\r\n\r\n", {"0123456789", 24, true, "", ""});
    check_all_cuts("a\r\n0123456789\r\n", {"0123456789", 15, false, "", ""});
    check_all_cuts("4\r\n\r\n\r\n\r\n0\r\n\r\n", {"\r\n\r\n", 14, true, "", ""});
}

TEST_CASE("chunk extensions are dropped, up to 1 KiB each", "[http][body]") {
    check_all_cuts("2;a=b\r\nhi\r\n0;c=\"d;e\"\r\n\r\n", {"hi", 24, true, "", ""});
    const std::string longest(1024, 'x');
    check_all_cuts("1;" + longest + "\r\na\r\n1;" + longest + "\r\nb\r\n0\r\n\r\n",
                   {"ab", 2 * (4 + 1024 + 3) + 5, true, "", ""});
    CHECK(refusal_of("1;x" + longest + "\r\na\r\n") == "400 chunk extension is too long");
}

TEST_CASE("malformed chunk lines are refused", "[http][body]") {
    CHECK(refusal_of("+5\r\nhello\r\n") == "400 chunk without a size");
    CHECK(refusal_of("-5\r\nhello\r\n") == "400 chunk without a size");
    CHECK(refusal_of(" 5\r\nhello\r\n") == "400 chunk without a size");
    CHECK(refusal_of("\r\n") == "400 chunk without a size");
    CHECK(refusal_of(";a\r\n") == "400 chunk without a size");
    CHECK(refusal_of("x5\r\nhello\r\n") == "400 chunk without a size");
    CHECK(refusal_of("0x5\r\nhello\r\n") == "400 invalid character in a chunk size");
    CHECK(refusal_of("5 \r\nhello\r\n") == "400 invalid character in a chunk size");
    CHECK(refusal_of("5 ;a\r\nhello\r\n") == "400 invalid character in a chunk size");
    CHECK(refusal_of("5\t\r\nhello\r\n") == "400 invalid character in a chunk size");
    CHECK(refusal_of("5g\r\nhello\r\n") == "400 invalid character in a chunk size");
    CHECK(refusal_of("5_0\r\nhello\r\n") == "400 invalid character in a chunk size");
    CHECK(refusal_of("5\0\r\nhello\r\n"sv) == "400 invalid character in a chunk size");
    CHECK(refusal_of("5\nhello\r\n") == "400 bare LF in a chunk line");
    CHECK(refusal_of("5\rhello\r\n") == "400 bare CR in a chunk line");
    CHECK(refusal_of("5;a\nhello\r\n") == "400 control character in a chunk extension");
    CHECK(refusal_of("5;a\rhello\r\n") == "400 bare CR in a chunk line");
    CHECK(refusal_of("5;a\0\r\nhello\r\n"sv) == "400 control character in a chunk extension");
    CHECK(refusal_of("5;a\tb\r\nhello\r\n") == "400 control character in a chunk extension");
}

TEST_CASE("a chunk size has 16 digits at most and never wraps around", "[http][body]") {
    check_all_cuts("0000000000000005\r\nhello\r\n0\r\n\r\n", {"hello", 30, true, "", ""});
    CHECK(refusal_of("00000000000000005\r\nhello\r\n") == "400 chunk size is too long");
    CHECK(refusal_of("10000000000000005\r\nhello\r\n") == "400 chunk size is too long");
    check_all_cuts("FFFFFFFFFFFFFFFF\r\nhello", {"hello", 23, false, "", ""});
    CHECK(refusal_of("1\r\na\r\nFFFFFFFFFFFFFFFF\r\nhello") == "413 body is too large");
}

TEST_CASE("chunk data must be followed by CRLF", "[http][body]") {
    CHECK(refusal_of("5\r\nhelloX\r\n0\r\n\r\n") == "400 no CRLF after chunk data");
    CHECK(refusal_of("5\r\nhello\n0\r\n\r\n") == "400 no CRLF after chunk data");
    CHECK(refusal_of("5\r\nhello\r0\r\n\r\n") == "400 no CRLF after chunk data");
    CHECK(decode("5\r\nhelloX", Cuts::every(1)).payload == "hello");
}

TEST_CASE("trailers are kept when they may be forwarded", "[http][body]") {
    check_all_cuts("0\r\nX-Sum:  abc \r\ngrpc-status: 0\r\n\r\nrest",
                   {"", 35, true, "", "X-Sum: abc\r\ngrpc-status: 0\r\n"});
    const std::string dropped =
        "0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: b\r\nAuthorization: x\r\n"
        "Cookie: a\r\nSet-Cookie: a\r\nX-Forwarded-For: 1.2.3.4\r\nX_Forwarded_For: 1.2.3.4\r\n"
        "X-Real-IP: 1.2.3.4\r\nX-Request-Id: 7\r\nForwarded: for=x\r\nConnection: close\r\n"
        "TE: x\r\nTrailer: x\r\nUpgrade: x\r\nProxy-Authorization: x\r\nContent-Type: x\r\n"
        "Content-Encoding: x\r\nContent-Range: x\r\nCache-Control: x\r\nRange: x\r\n"
        "If-Match: x\r\nMax-Forwards: 1\r\nProxy: x\r\nVia: x\r\nExpect: x\r\nX-Kept: 1\r\n\r\n";
    check_all_cuts(dropped, {"", dropped.size(), true, "", "X-Kept: 1\r\n"});
}

TEST_CASE("malformed trailers are refused", "[http][body]") {
    CHECK(refusal_of("0\r\nX: a\n\r\n") == "400 bare LF in a trailer");
    CHECK(refusal_of("0\r\nX: a\rb\r\n\r\n") == "400 bare CR in a trailer");
    CHECK(refusal_of("0\r\n\n") == "400 bare LF in a trailer");
    CHECK(refusal_of("0\r\n\rX") == "400 bare CR in a trailer");
    CHECK(refusal_of("0\r\nX: a\r\n folded\r\n\r\n") == "400 malformed trailer field");
    CHECK(refusal_of("0\r\nX : a\r\n\r\n") == "400 malformed trailer field");
    CHECK(refusal_of("0\r\n: a\r\n\r\n") == "400 malformed trailer field");
    CHECK(refusal_of("0\r\nGET / HTTP/1.1\r\n\r\n") == "400 malformed trailer field");
    CHECK(refusal_of("0\r\nX: \0\r\n\r\n"sv) == "400 control character in a trailer");
}

TEST_CASE("trailers are bounded", "[http][body]") {
    const std::string fits = "0\r\nX: " + std::string(995, 'x') + "\r\n\r\n";
    CHECK(decode(fits, Cuts::whole()).is_done);
    CHECK(refusal_of("0\r\nX: " + std::string(996, 'x') + "\r\n\r\n") ==
          "431 trailer fields are too large");
    CHECK(refusal_of("0\r\nX: " + std::string(100000, 'x')) == "431 trailer fields are too large");
}

TEST_CASE("a body over the limit is 413 as soon as that is known", "[http][body]") {
    const auto refusal = [](std::string_view bytes, BodyLength length, std::uint64_t bytes_max) {
        const Decoded whole = decode(bytes, Cuts::whole(), length, bytes_max);
        CHECK(decode(bytes, Cuts::every(1), length, bytes_max) == whole);
        return whole.refusal;
    };
    CHECK(refusal("5\r\nhello\r\n0\r\n\r\n", kChunked, 5).empty());
    CHECK(refusal("6\r\n", kChunked, 5) == "413 body is too large");
    CHECK(refusal("5\r\nhello\r\n1\r\n", kChunked, 5) == "413 body is too large");
    CHECK(refusal("hello", {Kind::Length, 5}, 5).empty());
    CHECK(refusal("h", {Kind::Length, 6}, 5) == "413 body is too large");
    CHECK(refusal("hello", {Kind::UntilClose, 0}, 5).empty());
    CHECK(refusal("hello!", {Kind::UntilClose, 0}, 5) == "413 body is too large");
}

TEST_CASE("a body by length is counted and leaves what follows", "[http][body]") {
    CHECK(decode("helloGET", Cuts::whole(), {Kind::Length, 5}) ==
          Decoded{"hello", 5, true, "", ""});
    CHECK(decode("helloGET", Cuts::every(2), {Kind::Length, 5}) ==
          Decoded{"hello", 5, true, "", ""});
    CHECK(decode("hell", Cuts::whole(), {Kind::Length, 5}) == Decoded{"hell", 4, false, "", ""});
}

TEST_CASE("a body of no bytes is done at once", "[http][body]") {
    BodyDecoder decoder;
    decoder.start({Kind::None, 0});
    CHECK(decoder.is_done());
    decoder.start({Kind::Length, 0});
    CHECK(decoder.is_done());
    std::string buffer = "GET";
    CHECK(decoder.decode(buffer).consumed == 0);
    decoder.start(kChunked);
    CHECK_FALSE(decoder.is_done());
}

TEST_CASE("the connection's end completes only a body that ends with it", "[http][body]") {
    BodyDecoder decoder;
    std::string buffer = "hello";
    decoder.start({Kind::UntilClose, 0});
    CHECK(decoder.decode(buffer).payload.size() == 5);
    CHECK_FALSE(decoder.is_done());
    CHECK(decoder.end_of_input());
    CHECK(decoder.is_done());
    decoder.start({Kind::Length, 6});
    decoder.decode(buffer);
    CHECK_FALSE(decoder.end_of_input());
    decoder.start(kChunked);
    CHECK_FALSE(decoder.end_of_input());
}

TEST_CASE("one run of payload is not moved, several become one", "[http][body]") {
    BodyDecoder decoder;
    decoder.start(kChunked);
    std::string buffer = "5\r\nhello\r\n";
    const BodyPart one = decoder.decode(buffer);
    CHECK(one.payload.data() == buffer.data() + 3);
    CHECK(buffer == "5\r\nhello\r\n");
    std::string two = "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n";
    const BodyPart joined = decoder.decode(two);
    CHECK(joined.payload.data() == two.data() + 3);
    CHECK(std::string(joined.payload.begin(), joined.payload.end()) == "abcd");
}

TEST_CASE("what ChunkFrame writes is read back, however it is cut", "[http][body]") {
    std::mt19937 random(7);
    for (unsigned round = 0; round < 50; ++round) {
        std::string payload;
        std::string wire;
        for (int chunk = 0; chunk < 5; ++chunk) {
            std::string data(std::uniform_int_distribution<std::size_t>(1, 300)(random), ' ');
            for (char& c : data) c = static_cast<char>(random());
            const ChunkFrame frame(data.size());
            wire.append(frame.before()).append(data).append(ChunkFrame::after());
            payload += data;
        }
        wire += "0\r\n\r\n";
        CHECK(decode(wire, Cuts::random(round)) == Decoded{payload, wire.size(), true, "", ""});
        CHECK(decode(wire, Cuts::whole()) == Decoded{payload, wire.size(), true, "", ""});
    }
}

TEST_CASE("a chunk line is bare hex", "[http][body]") {
    CHECK(ChunkFrame(1).before() == "1\r\n");
    CHECK(ChunkFrame(65536).before() == "10000\r\n");
    CHECK(ChunkFrame(SIZE_MAX).before() == "ffffffffffffffff\r\n");
}

}  // namespace fairlead::http
