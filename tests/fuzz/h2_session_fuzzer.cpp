// An HTTP/2 session of ours against an arbitrary peer: as server or as client, fed in pieces of any
// size, answering as a proxy would. The first byte chooses. Whatever comes: streams end once, the
// end of a body comes once, what is called a head is one, and memory stays within the windows.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/http/h1_parser.h"
#include "proxy/http/h2_session.h"

namespace fairlead::http {
namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::uint32_t kStreams = 10;
constexpr std::uint32_t kWindow = 64 * 1024;

/// A head without an error is exactly one head, or refused by the parser of HTTP/1.1 for what it
/// says; nothing is left over.
void check_request(std::string_view text) {
    RequestHead head;
    RequestParser parser;
    parser.start(head, {64 * 1024, 1000, 8 * 1024});
    const ParseResult parsed = parser.feed(text);
    require(parsed.status != ParseStatus::NeedMore);
    if (parsed.status != ParseStatus::Complete) return;
    require(parsed.consumed == text.size());
    require(head.body.kind != BodyLength::Kind::Chunked);
}

void check_response(std::string_view text) {
    ResponseHead head;
    ResponseParser parser;
    parser.start(head, Method::Get, {128 * 1024, 1000, 0});
    const ParseResult parsed = parser.feed(text);
    require(parsed.status != ParseStatus::NeedMore);
    require(parsed.status != ParseStatus::Complete || parsed.consumed == text.size());
}

struct Stream {
    H2Stream* stream = nullptr;
    std::size_t unused = 0;  ///< payload that has not been given back
    bool is_last = false;
    bool is_closed = false;
    bool is_resettable = false;
};

class End final : public H2SessionObserver {
  public:
    End(H2Session::Role role, const H2Settings& settings, unsigned habits)
        : habits_(habits), session_(role, settings, *this) {}

    H2Session& session() { return session_; }
    void ask() {
        streams_.push_back(std::make_unique<Stream>());
        Stream& asked = *streams_.back();
        asked.stream = session_.send_request(
            &asked, "POST /x HTTP/1.1\r\nHost: a.example\r\nTE: trailers\r\n\r\n", false);
        if (asked.stream == nullptr) return;
        session_.send_data(*asked.stream, "body", true, "X-Sum: 1\r\n", nullptr, 0);
    }
    /// What a proxy does between two reads.
    std::size_t turn() {
        std::string out;
        session_.collect(out, 64 * 1024);
        session_.tell_drained();
        for (const auto& each : streams_) {
            if (each->stream == nullptr) continue;
            if ((habits_ & 1U) != 0) {
                session_.consume(each->stream, std::exchange(each->unused, 0));
            }
            if (each->is_resettable && (habits_ & 2U) != 0) {
                each->is_resettable = false;
                session_.reset(*each->stream, H2Error::NoError);
            }
        }
        require(held_ <= std::size_t{kWindow} * 20);
        return out.size();
    }

  private:
    void* on_h2_request(H2Stream& stream, const H2Head& head) override {
        if (head.error.failure == Failure::None && head.protocol.empty()) check_request(head.text);
        require(head.error.failure == Failure::None || head.error.status >= 400);
        if ((habits_ & 4U) != 0) return nullptr;
        streams_.push_back(std::make_unique<Stream>());
        Stream& begun = *streams_.back();
        begun.stream = &stream;
        begun.is_last = head.is_last;
        require(session_.streams() <= kStreams + 1);
        session_.send_head(stream, "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", (habits_ & 8U) != 0);
        if ((habits_ & 8U) == 0) {
            session_.send_data(stream, std::string(3000, 'x'), true, "Grpc-Status: 0\r\n", nullptr,
                               0);
        }
        begun.is_resettable = true;
        return &begun;
    }
    void on_h2_response(void* user, const H2Head& head) override {
        auto& stream = *static_cast<Stream*>(user);
        require(!stream.is_closed && !stream.is_last);
        if (head.error.failure == Failure::None) check_response(head.text);
        stream.is_last = head.is_last;
    }
    void on_h2_data(void* user, std::span<char> payload, bool is_last,
                    std::string_view trailers) override {
        auto& stream = *static_cast<Stream*>(user);
        require(!stream.is_closed && !stream.is_last);
        require(trailers.empty() || trailers.ends_with("\r\n"));
        for (char& c : payload) c = 'y';  // it may be overwritten
        stream.is_last = is_last;
        stream.unused += payload.size();
        held_ += payload.size();
        if ((habits_ & 1U) != 0) held_ = 0;
    }
    void on_h2_drained(void* user) override { require(!static_cast<Stream*>(user)->is_closed); }
    void on_h2_closed(void* user, const H2StreamEnd&) override {
        auto& stream = *static_cast<Stream*>(user);
        require(!stream.is_closed);
        stream.is_closed = true;
        stream.stream = nullptr;
        session_.consume(nullptr, std::exchange(stream.unused, 0));
    }
    void on_h2_goaway(H2Error) override {}
    void on_h2_pong() override {}

    const unsigned habits_;
    std::size_t held_ = 0;
    std::vector<std::unique_ptr<Stream>> streams_;
    H2Session session_;
};

void run(std::string_view input) {
    if (input.size() < 2) return;
    const auto choice = static_cast<unsigned char>(input[0]);
    const std::size_t step = static_cast<unsigned char>(input[1]) + std::size_t{1};
    input.remove_prefix(2);
    const bool is_server = (choice & 0x80U) == 0;
    H2Settings settings;
    settings.streams = kStreams;
    settings.window = kWindow;
    settings.connection_window = kWindow * 4;
    settings.takes_websockets = true;
    settings.scheme = "http";
    End end(is_server ? H2Session::Role::Server : H2Session::Role::Client, settings, choice);
    if (!is_server) {
        for (int count = 0; count < 3; ++count) end.ask();
        end.turn();
    }
    std::string bytes = is_server && (choice & 0x40U) == 0 ? std::string(kPreface) : std::string();
    bytes.append(input);
    Time now{std::chrono::hours{1}};
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        const std::size_t length = std::min(step, bytes.size() - at);
        end.session().feed({bytes.data() + at, length}, now);
        now += std::chrono::milliseconds{1};
        end.turn();
        if (end.session().failure() != Failure::None) break;
    }
    if ((choice & 0x20U) != 0) end.session().announce_end();
    end.session().end();
    while (end.turn() > 0) {
    }
    end.session().close_all({H2Error::InternalError, true, false});
}

}  // namespace
}  // namespace fairlead::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fairlead::http::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
