// The rules of RFC 9113 sections 4 to 8 and of RFC 7541, each broken once over a raw socket: the
// error and its reach are those the RFC asks for.
#include "tests/scenarios/support/h2_frames.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

using namespace h2;

struct Row {
    const char* section;
    const char* what;
    std::string bytes;
    const char* outcome;
};

const std::string kPingFrame = frame(kPing, 0, 0, "12345678");
/// A request that stays open: the backend does not answer it.
const std::string kOpen = frame(kHeaders, kEndHeaders | kEndStream, 1, block({}, "GET", "/wait"));

std::string headers(unsigned flags, std::uint32_t stream, std::string_view payload) {
    return frame(kHeaders, flags, stream, payload);
}

const std::vector<Row>& frame_rows() {
    static const std::vector<Row> rows{
        {"4.1", "unknown frames are ignored", frame(0x16, 0, 0, "x") + get(1), "200"},
        {"4.1", "unknown flags are ignored", frame(kPing, 0x16, 0, "12345678"), "PONG"},
        {"4.1", "the reserved bit is ignored", frame(kPing, 0, 0x80000000U, "12345678"), "PONG"},
        {"4.2", "DATA longer than the maximum",
         post(1) + frame(kData, 0, 1, std::string(16385, 'x')), "GOAWAY FRAME_SIZE_ERROR"},
        {"4.2", "HEADERS longer than the maximum",
         headers(kEndHeaders | kEndStream, 1, block(field("x", std::string(16400, 'x')))),
         "GOAWAY FRAME_SIZE_ERROR"},
        {"4.3", "a header block interrupted by PRIORITY",
         headers(kEndStream, 1, block()) + frame(kPriority, 0, 1, number(0) + "x") +
             frame(kContinuation, kEndHeaders, 1),
         "GOAWAY PROTOCOL_ERROR"},
        {"4.3", "a header block interrupted by another", headers(kEndStream, 1, block()) + get(3),
         "GOAWAY PROTOCOL_ERROR"},
        {"5.1", "DATA on an idle stream", frame(kData, kEndStream, 1, "x"),
         "GOAWAY PROTOCOL_ERROR"},
        {"5.1", "RST_STREAM on an idle stream", frame(kRstStream, 0, 1, number(8)),
         "GOAWAY PROTOCOL_ERROR"},
        {"5.1", "WINDOW_UPDATE on an idle stream", frame(kWindowUpdate, 0, 1, number(1)),
         "GOAWAY PROTOCOL_ERROR"},
        {"5.1", "CONTINUATION on an idle stream", frame(kContinuation, kEndHeaders, 1, block()),
         "GOAWAY PROTOCOL_ERROR"},
        {"5.1", "DATA behind the end of a request", kOpen + frame(kData, kEndStream, 1, "x"),
         "GOAWAY STREAM_CLOSED"},
        {"5.1", "HEADERS behind the end of a request",
         kOpen + headers(kEndHeaders | kEndStream, 1, block()), "GOAWAY STREAM_CLOSED"},
        {"5.1", "CONTINUATION behind the end of a block",
         kOpen + frame(kContinuation, kEndHeaders, 1, block()), "GOAWAY PROTOCOL_ERROR"},
        {"5.1", "PRIORITY on an idle stream is fine",
         frame(kPriority, 0, 5, number(0) + "x") + kPingFrame, "PONG"},
        {"5.1.1", "a stream of an even number", get(2), "GOAWAY PROTOCOL_ERROR"},
        // They could be trailers that cross a reset of ours, so they are ignored.
        {"5.1.1", "a stream below the last one",
         headers(kEndHeaders | kEndStream, 5, block({}, "GET", "/wait")) + get(3) + kPingFrame,
         "PONG"},
        {"6.1", "DATA on stream 0", frame(kData, 0, 0, "x"), "GOAWAY PROTOCOL_ERROR"},
        {"6.1", "DATA with more padding than there is",
         post(1) + frame(kData, kPadded | kEndStream, 1, "\x5xxx"), "GOAWAY PROTOCOL_ERROR"},
        {"6.2", "HEADERS on stream 0", get(0), "GOAWAY PROTOCOL_ERROR"},
        {"6.2", "HEADERS with more padding than there is",
         headers(kEndHeaders | kEndStream | kPadded, 1, "\xFF" + block()), "GOAWAY PROTOCOL_ERROR"},
        {"6.3", "PRIORITY on stream 0", frame(kPriority, 0, 0, number(1) + "x"),
         "GOAWAY PROTOCOL_ERROR"},
        {"6.4", "RST_STREAM on stream 0", frame(kRstStream, 0, 0, number(8)),
         "GOAWAY PROTOCOL_ERROR"},
        {"6.4", "RST_STREAM of three bytes", kOpen + frame(kRstStream, 0, 1, "xxx"),
         "GOAWAY FRAME_SIZE_ERROR"},
        {"6.5", "SETTINGS with an ACK and more", frame(kSettings, kAck, 0, setting(1, 1)),
         "GOAWAY FRAME_SIZE_ERROR"},
        {"6.5", "SETTINGS on a stream", frame(kSettings, 0, 1, setting(1, 1)),
         "GOAWAY PROTOCOL_ERROR"},
        {"6.5", "SETTINGS of five bytes", frame(kSettings, 0, 0, "xxxxx"),
         "GOAWAY FRAME_SIZE_ERROR"},
        {"6.5.2", "ENABLE_PUSH is 2", frame(kSettings, 0, 0, setting(2, 2)),
         "GOAWAY PROTOCOL_ERROR"},
        {"6.5.2", "a window of 2^31", frame(kSettings, 0, 0, setting(4, 0x80000000U)),
         "GOAWAY FLOW_CONTROL_ERROR"},
        {"6.5.2", "a maximum below 16384", frame(kSettings, 0, 0, setting(5, 16383)),
         "GOAWAY PROTOCOL_ERROR"},
        {"6.5.2", "a maximum of 2^24", frame(kSettings, 0, 0, setting(5, 1U << 24U)),
         "GOAWAY PROTOCOL_ERROR"},
        {"6.5.2", "unknown settings are ignored", frame(kSettings, 0, 0, setting(0xFF, 1)) + get(1),
         "200"},
        {"6.6", "PUSH_PROMISE from a client",
         kOpen + frame(kPushPromise, kEndHeaders, 1, number(2) + block()), "GOAWAY PROTOCOL_ERROR"},
        {"6.7", "PING on a stream", frame(kPing, 0, 1, "12345678"), "GOAWAY PROTOCOL_ERROR"},
        {"6.7", "PING of seven bytes", frame(kPing, 0, 0, "1234567"), "GOAWAY FRAME_SIZE_ERROR"},
        {"6.7", "an answer to no PING is ignored", frame(kPing, kAck, 0, "12345678") + kPingFrame,
         "PONG"},
        {"6.8", "GOAWAY on a stream", frame(kGoaway, 0, 1, number(0) + number(0)),
         "GOAWAY PROTOCOL_ERROR"},
        {"6.9", "a window that opens by nothing", frame(kWindowUpdate, 0, 0, number(0)),
         "GOAWAY PROTOCOL_ERROR"},
        {"6.9", "a stream's window that opens by nothing",
         kOpen + frame(kWindowUpdate, 0, 1, number(0)), "GOAWAY PROTOCOL_ERROR"},
        {"6.9", "WINDOW_UPDATE of three bytes", frame(kWindowUpdate, 0, 0, "xxx"),
         "GOAWAY FRAME_SIZE_ERROR"},
        {"6.9.1", "a window beyond 2^31-1", frame(kWindowUpdate, 0, 0, number(0x7FFFFFFF)),
         "GOAWAY FLOW_CONTROL_ERROR"},
        {"6.9.1", "a stream's window beyond 2^31-1",
         kOpen + frame(kWindowUpdate, 0, 1, number(0x7FFFFFFF)), "RST_STREAM FLOW_CONTROL_ERROR"},
        {"6.9.2", "windows that settings make too large",
         kOpen + frame(kWindowUpdate, 0, 1, number(0x7FFFFFFF - 65535)) +
             frame(kSettings, 0, 0, setting(4, 0x7FFFFFFF)),
         "RST_STREAM FLOW_CONTROL_ERROR"},
        {"6.10", "CONTINUATION on stream 0",
         headers(kEndStream, 1, block()) + frame(kContinuation, kEndHeaders, 0),
         "GOAWAY PROTOCOL_ERROR"},
        {"6.10", "a block in several frames",
         headers(kEndStream, 1, block()) + frame(kContinuation, 0, 1, field("a", "b")) +
             frame(kContinuation, kEndHeaders, 1, field("c", "d")),
         "200"},
    };
    return rows;
}

/// A request that has come whole is answered with 400, which closes its stream; one that goes on is
/// reset behind that.
const std::vector<Row>& message_rows() {
    const auto request = [](std::string_view fields) {
        return headers(kEndHeaders | kEndStream, 1, fields);
    };
    const std::string usual = field(":method", "GET") + field(":scheme", "http");
    static const std::vector<Row> rows{
        {"8.1", "trailers that do not end the request",
         post(1) + headers(kEndHeaders, 1, field("x", "y")), "RST_STREAM PROTOCOL_ERROR"},
        {"8.1", "a pseudo-field in trailers",
         post(1) + headers(kEndHeaders | kEndStream, 1, field(":path", "/")),
         "RST_STREAM PROTOCOL_ERROR"},
        {"8.1.1", "less than the length that was said",
         post(1, field("content-length", "5")) + frame(kData, kEndStream, 1, "four"), "400"},
        {"8.1.1", "more than the length that was said",
         post(1, field("content-length", "3")) + frame(kData, kEndStream, 1, "four"), "400"},
        {"8.1.1", "a length, and no body", request(block(field("content-length", "1"))), "400"},
        {"8.2.1", "a name in upper case", request(block(field("X", "y"))), "400"},
        {"8.2.1", "a space before a value", request(block(field("x", " y"))), "400"},
        {"8.2.2", "connection", request(block(field("connection", "close"))), "400"},
        {"8.2.2", "transfer-encoding", request(block(field("transfer-encoding", "chunked"))),
         "400"},
        {"8.2.2", "te: gzip", request(block(field("te", "gzip"))), "400"},
        {"8.2.2", "te: trailers is fine", request(block(field("te", "trailers"))), "200"},
        {"8.3", "an unknown pseudo-field", request(block(field(":x", "y"))), "400"},
        {"8.3", "one of responses", request(block(field(":status", "200"))), "400"},
        {"8.3", "one behind other fields",
         request(usual + field("x", "y") + field(":path", "/") + field(":authority", "a")), "400"},
        {"8.3.1", "no :path", request(usual), "400"},
        {"8.3.1", "an empty :path", request(usual + field(":path", "")), "400"},
        {"8.3.1", "two :path", request(block(field(":path", "/"))), "400"},
        {"8.3.1", "no :method", request(field(":scheme", "http") + field(":path", "/")), "400"},
        {"8.3.1", "no :scheme", request(field(":method", "GET") + field(":path", "/")), "400"},
        {"RFC 7541 2.3.3", "an index that nothing has", request("\xFE"),
         "GOAWAY COMPRESSION_ERROR"},
        {"RFC 7541 4.2", "a size update behind a field", request(block("\x20")),
         "GOAWAY COMPRESSION_ERROR"},
        {"RFC 7541 5.2", "Huffman text with the end of string",
         request(std::string("\0\1x\x84\xFF\xFF\xFF\xFF", 8)), "GOAWAY COMPRESSION_ERROR"},
        {"RFC 7541 5.2", "a string beyond its block", request(std::string("\0\7x", 3)),
         "GOAWAY COMPRESSION_ERROR"},
        {"RFC 7541 6.1", "index 0", request("\x80"), "GOAWAY COMPRESSION_ERROR"},
        {"RFC 7541 6.3", "a table larger than was allowed", request("\x3F\xE2\x1F" + block()),
         "GOAWAY COMPRESSION_ERROR"},
    };
    return rows;
}

void check(const std::vector<Row>& rows) {
    FakeBackend backend{[](Peer& peer) {
        while (true) {
            const Message request = peer.read_request();
            if (request.head.empty()) return;
            if (request.target() == "/wait") {
                hold(peer);
                return;
            }
            if (!request.is_whole) return;
            peer.send(ok("hello"));
        }
    }};
    const Balancer balancer{{.backends = {backend.address()}, .listener = "http = \"h2\"\n"}};
    for (const Row& row : rows) {
        INFO(row.section << ": " << row.what);
        RawClient client{balancer.port()};
        CHECK(client.outcome(row.bytes) == row.outcome);
    }
    RawClient client{balancer.port()};
    CHECK(client.outcome(get(1)) == "200");
}

}  // namespace

TEST_CASE("each rule of HTTP/2 for frames, streams and windows has its error", "[scenarios][h2]") {
    check(frame_rows());
}

TEST_CASE("each rule of HTTP/2 for messages and header blocks has its error", "[scenarios][h2]") {
    check(message_rows());
}

}  // namespace fairlead::scenarios
