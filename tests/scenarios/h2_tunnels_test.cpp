// WebSockets over HTTP/2 that end badly cost the connection they share nothing.
#include <array>
#include <string>

#include "tests/scenarios/support/h2_client.h"
#include "tests/scenarios/support/h2_frames.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr std::uint32_t kFrameBytes = 16 * 1024;

/// Counts what the server lets it send on the whole connection, and which stream it has ended.
class Talker {
  public:
    explicit Talker(std::uint16_t port) : wire_(port) {
        wire_.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + h2::frame(h2::kSettings, 0, 0));
    }

    /// Opens a WebSocket and talks into it until it is over.
    /// @return false when the connection's window is used up, or it has ended
    bool talk_to_its_end(std::uint32_t stream) {
        const std::string block =
            h2::field(":method", "CONNECT") + h2::field(":protocol", "websocket") +
            h2::field(":scheme", "http") + h2::field(":path", "/") +
            h2::field(":authority", "test") + h2::field("sec-websocket-version", "13");
        wire_.send(h2::frame(h2::kHeaders, h2::kEndHeaders, stream, block));
        std::uint32_t of_stream = 0;
        ended_ = 0;
        for (int frames = 0; ended_ != stream && frames < 1000; ++frames) {
            while (window_ < kFrameBytes && ended_ != stream) {
                if (!hear()) return false;
            }
            if (of_stream + kFrameBytes <= 60'000 && ended_ != stream) {
                wire_.send(h2::frame(h2::kData, 0, stream, std::string(kFrameBytes, 'x')));
                window_ -= kFrameBytes;
                of_stream += kFrameBytes;
            } else if (ended_ != stream && !hear()) {
                return false;
            }
        }
        return ended_ == stream;
    }

  private:
    bool hear() {
        const std::string head = wire_.read_exactly(9);
        if (head.size() < 9) return false;
        const auto at = [](std::string_view bytes, std::size_t from, std::size_t count) {
            std::uint32_t value = 0;
            for (std::size_t i = 0; i < count; ++i) {
                value = value << 8U | static_cast<unsigned char>(bytes[from + i]);
            }
            return value;
        };
        const std::string payload = wire_.read_exactly(at(head, 0, 3));
        const std::uint32_t stream = at(head, 5, 4);
        const unsigned type = static_cast<unsigned char>(head[3]);
        if (type == h2::kSettings && head[4] == 0) {
            wire_.send(h2::frame(h2::kSettings, h2::kAck, 0));
        }
        if (type == h2::kWindowUpdate && stream == 0) window_ += at(payload, 0, 4);
        // Its last word: RST_STREAM, or an end that we answer with ours.
        const bool is_end =
            type == h2::kData && (static_cast<unsigned char>(head[4]) & h2::kEndStream) != 0;
        if (is_end) wire_.send(h2::frame(h2::kData, h2::kEndStream, stream));
        if (type == h2::kRstStream || is_end) ended_ = stream;
        return type != h2::kGoaway;
    }

    Client wire_;
    std::uint32_t window_ = 65'535;
    std::uint32_t ended_ = 0;
};

}  // namespace

TEST_CASE("WebSockets that the backend resets give the window they used back", "[scenarios][h2]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        peer.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n");
        peer.read_some(1);
        peer.reset();
    }};
    const Balancer balancer{{.backends = {backend.address()}, .listener = kBothVersions}};
    Talker talker{balancer.port()};
    // Many times the connection's window of a megabyte.
    bool is_open = true;
    for (std::uint32_t number = 0; number < 150 && is_open; ++number) {
        is_open = talker.talk_to_its_end(number * 2 + 1);
    }
    CHECK(is_open);
}

}  // namespace fairlead::scenarios
