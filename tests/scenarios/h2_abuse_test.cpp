// Floods of HTTP/2: each ends its connection by name, costs bounded memory, and is not felt by
// others.
#include <functional>

#include "tests/scenarios/support/h2_client.h"
#include "tests/scenarios/support/h2_frames.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

using namespace h2;

struct Flood {
    const char* what;
    std::string start;
    std::function<std::string(std::uint32_t)> piece;  ///< the n-th of it
    const char* failure;
};

std::string open_block() { return frame(kHeaders, kEndStream, 1, block()); }

const std::vector<Flood>& floods() {
    const auto always = [](std::string bytes) {
        return [bytes = std::move(bytes)](std::uint32_t) { return bytes; };
    };
    static const std::vector<Flood> all{
        {"resets",
         {},
         [](std::uint32_t count) {
             return get(count * 2 + 1, "/wait") + frame(kRstStream, 0, count * 2 + 1, number(8));
         },
         "h2_resets"},
        {"CONTINUATION", open_block(), always(frame(kContinuation, 0, 1, field("x", "y"))),
         "h2_continuation"},
        {"empty CONTINUATION", open_block(), always(frame(kContinuation, 0, 1)), "h2_continuation"},
        {"empty DATA", post(1, {}, "/wait"), always(frame(kData, 0, 1)), "h2_empty_frames"},
        {"PING", {}, always(frame(kPing, 0, 0, "12345678")), "h2_control_frames"},
        {"SETTINGS", {}, always(frame(kSettings, 0, 0, setting(4, 65535))), "h2_control_frames"},
        {"PRIORITY", {}, always(frame(kPriority, 0, 3, number(0) + "x")), "h2_control_frames"},
        {"WINDOW_UPDATE", {}, always(frame(kWindowUpdate, 0, 0, number(1))), "h2_control_frames"},
        {"frames nobody knows", {}, always(frame(0xF0, 0, 0, "x")), "h2_control_frames"},
        // One field in the table, then named again and again with one byte each.
        {"a bomb of HPACK",
         {},
         [](std::uint32_t count) {
             const std::string big =
                 "\x40" + std::string("\1x") + "\x7F\xA1\x1E" + std::string(4000, 'a');
             return frame(kHeaders, kEndHeaders | kEndStream, count * 2 + 1,
                          block() + (count == 0 ? big : std::string()) + std::string(8000, '\xBE'));
         },
         "header_too_large"},
    };
    return all;
}

std::size_t lines_with(const Balancer& balancer, std::string_view failure) {
    std::size_t count = 0;
    for (const JsonText& line : balancer.access_log()) {
        if (line.at("/failure") == failure) ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("floods of HTTP/2 end by name, and others go on", "[scenarios][h2]") {
    FakeBackend backend{serve([](const Message&) { return ok("hello"); })};
    FakeBackend waiting{[](Peer& peer) {
        peer.read_request();
        hold(peer);
    }};
    const Balancer balancer{
        {.backends = {backend.address()},
         .listener = "http = \"h2\"\n",
         .more = "[[route]]\npath = \"/wait\"\npool = \"wait\"\n[pool.wait]\nbackends = [\"" +
                 waiting.address() + "\"]\nretry = \"off\"\n"}};
    H2Client other{balancer.port()};
    CHECK(other.get("/").body == "hello");
    const std::size_t memory = balancer.memory_own_kib();
    constexpr std::uint32_t kPieces = 10'000;  // more than any bound lets through
    for (const Flood& flood : floods()) {
        INFO(flood.what);
        const std::size_t before = lines_with(balancer, flood.failure);
        RawClient client{balancer.port()};
        client.send(flood.start);
        for (std::uint32_t count = 0; count < kPieces; ++count) {
            if (!client.send(flood.piece(count))) break;
            if (count % 1000 == 0) CHECK(other.get("/").body == "hello");
        }
        CHECK(eventually([&] { return lines_with(balancer, flood.failure) > before; }));
        CHECK(other.get("/").body == "hello");
    }
    CHECK(balancer.memory_own_kib() < memory + 20'000);
}

TEST_CASE("resets that we are made to send count too", "[scenarios][h2]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()},
                             .listener = "http = \"h2\"\nh2 = { resets = \"20/1h\" }\n"}};
    RawClient client{balancer.port()};
    for (std::uint32_t count = 0; count < 20; ++count) {
        const std::uint32_t stream = count * 2 + 1;
        CHECK(client.outcome(get(stream) + frame(kWindowUpdate, 0, stream, number(0x7FFFFFFF))) ==
              "RST_STREAM FLOW_CONTROL_ERROR");
    }
    CHECK(client.outcome(get(41) + frame(kWindowUpdate, 0, 41, number(0x7FFFFFFF))) ==
          "RST_STREAM FLOW_CONTROL_ERROR");
    CHECK(client.outcome({}) == "GOAWAY ENHANCE_YOUR_CALM");
    CHECK(eventually([&] { return lines_with(balancer, "h2_resets") > 0; }));
}

}  // namespace fairlead::scenarios
