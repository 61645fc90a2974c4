#include "tests/chaos/faults.h"

#include <poll.h>

namespace fairlead::chaos {
namespace {

using scenarios::hold;
using scenarios::ok;
using scenarios::serve;

constexpr std::size_t kLarge = 300'000;

/// As long as the client wants it.
std::size_t body_bytes(const scenarios::Message& request) {
    return request.target().find("download") == std::string::npos ? 100 : kLarge;
}

/// The head of a response, and half of its body.
void answer_half(Peer& peer) {
    const std::size_t bytes = body_bytes(peer.read_request());
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
              std::string(bytes / 2, 'h'));
}

FakeBackend::Script after_request(std::string words) {
    return [words = std::move(words)](Peer& peer) {
        peer.read_request();
        if (!words.empty()) peer.send(words);
    };
}

void reset_instead(Peer& peer) {
    peer.read_request();
    peer.reset();
}

void say_nothing(Peer& peer) {
    peer.read_request();
    hold(peer);
}

/// Waits without reading until the other end has gone, or the test is over.
void read_nothing(Peer& peer) {
    pollfd gone{peer.descriptor(), POLLRDHUP, 0};
    ::poll(&gone, 1, static_cast<int>(scenarios::kPatience.count()));
}

void answer_half_and_reset(Peer& peer) {
    answer_half(peer);
    peer.reset();
}

void answer_half_and_stall(Peer& peer) {
    answer_half(peer);
    hold(peer);
}

std::string large_answer(const scenarios::Message& request) {
    return ok(std::string(body_bytes(request), 'b'));
}

/// More than was announced: the rest belongs to nobody.
std::string longer_answer(const scenarios::Message& request) {
    return large_answer(request) + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
}

std::string last_answer(const scenarios::Message& request) {
    return ok(std::string(body_bytes(request), 'b'), "Connection: close\r\n");
}

/// Without a word of warning.
void answer_one_and_close(Peer& peer) {
    const scenarios::Message request = peer.read_request();
    if (!request.head.empty()) peer.send(large_answer(request));
}

std::vector<Fault> make() {
    using Place = Fault::Place;
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    return {
        {"refuses", Moment::Connecting, 502, {"connect_refused"}, nullptr, Place::Refusing},
        {"silent", Moment::Connecting, 504, {"connect_timeout"}, nullptr, Place::Silent},
        {"closes-at-once", Moment::Head, 502, {"backend_closed", "backend_reset"}, [](Peer&) {}},
        {"resets-before-head", Moment::Head, 502, {"backend_reset"}, reset_instead},
        {"closes-before-head", Moment::Head, 502, {"backend_closed"}, after_request("")},
        {"half-a-head",
         Moment::Head,
         502,
         {"backend_closed"},
         after_request("HTTP/1.1 200 OK\r\nX")},
        {"no-http", Moment::Head, 502, {"backend_bad_response"}, after_request("hello\r\n\r\n")},
        {"two-lengths",
         Moment::Head,
         502,
         {"backend_bad_response"},
         after_request("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")},
        {"says-nothing", Moment::Head, 504, {"backend_timeout"}, say_nothing},
        {"reads-nothing", Moment::Head, 504, {"backend_timeout"}, read_nothing},
        {"no-tls",
         Moment::Connecting,
         502,
         {"tls_failed"},
         [](Peer& peer) {
             peer.send("this is no TLS at all\r\n");
             hold(peer);
         },
         Place::Backend,
         "tls = { verify = false }\n"},
        {"resets-amid-body", Moment::Body, 502, {"backend_reset"}, answer_half_and_reset},
        {"closes-amid-body", Moment::Body, 502, {"backend_closed"}, answer_half},
        {"stalls-amid-body", Moment::Body, 504, {"backend_timeout"}, answer_half_and_stall},
        {"bad-chunk",
         Moment::Body,
         502,
         {"backend_bad_response"},
         after_request(chunked + "3\r\nabc\r\nxyz\r\n")},
        {"no-last-chunk",
         Moment::Body,
         502,
         {"backend_closed"},
         after_request(chunked + "3\r\nabc\r\n")},
        {"server-error",
         Moment::Never,
         500,
         {"none"},
         serve("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 3\r\n\r\nbad")},
        {"says-too-much", Moment::Never, 200, {"none"}, serve(longer_answer)},
        {"closes-after-each", Moment::Never, 200, {"none"}, serve(last_answer)},
        {"closes-while-idle", Moment::Never, 200, {"none"}, answer_one_and_close},
        {"well", Moment::Never, 200, {"none"}, serve(large_answer)},
    };
}

}  // namespace

std::span<const Fault> faults() {
    static const std::vector<Fault> all = make();
    return all;
}

}  // namespace fairlead::chaos
