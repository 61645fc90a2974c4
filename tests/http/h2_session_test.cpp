#include "proxy/http/h2_session.h"

#include <string>

#include "tests/http/h2_ends.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::http;

namespace {

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n";
constexpr std::string_view kPost = "POST /x HTTP/1.1\r\nHost: a.example\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n";

void send(H2End& end, H2Stream& stream, std::string_view payload, bool is_last,
          std::string_view trailers = {}) {
    end.session.send_data(stream, payload, is_last, trailers, nullptr, 0);
}

/// The pair's request of this number, from 0, answered with a payload.
HeardStream& ask_for(H2Pair& pair, std::size_t number, std::string_view payload, bool is_last) {
    HeardStream& asked = pair.client.request(kGet, true);
    pair.talk();
    H2Stream& stream = *pair.server.at(number).stream;
    pair.server.session.send_head(stream, kOk, false);
    send(pair.server, stream, payload, is_last);
    pair.talk();
    return asked;
}

}  // namespace

TEST_CASE("a request and its response cross as HTTP/1.1 text", "[http][h2_session]") {
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::string::npos}) {
        H2Pair pair;
        HeardStream& asked = pair.client.request(kGet, true);
        pair.talk(step);
        HeardStream& heard = pair.server.at(0);
        CHECK(heard.heads == std::vector<std::string>{
                                 "GET /x HTTP/1.1\r\nhost: a.example\r\naccept: */*\r\n\r\n"});
        CHECK(heard.is_last);
        pair.server.session.send_head(*heard.stream, kOk, false);
        send(pair.server, *heard.stream, "hello", true);
        pair.talk(step);
        CHECK(asked.heads == std::vector<std::string>{"HTTP/1.1 200 OK\r\nserver: x\r\n\r\n"});
        CHECK(asked.body == "hello");
        CHECK(asked.is_last);
        CHECK(asked.is_closed);
        CHECK(asked.end.error == H2Error::NoError);
        CHECK(pair.server.session.streams() == 0);
        CHECK(pair.server.session.failure() == Failure::None);
    }
}

TEST_CASE("a body in one frame comes in one call, which is the last", "[http][h2_session]") {
    H2Pair pair;
    HeardStream& asked = pair.client.request(kPost, false);
    send(pair.client, *asked.stream, "body", true);
    pair.talk();
    CHECK(pair.server.at(0).body == "body");
    CHECK(pair.server.at(0).is_last);
}

TEST_CASE("interim responses come before the final one", "[http][h2_session]") {
    H2Pair pair;
    HeardStream& asked = pair.client.request(kGet, true);
    pair.talk();
    H2Stream& stream = *pair.server.at(0).stream;
    pair.server.session.send_head(stream, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", false);
    pair.server.session.send_head(stream, kOk, true);
    pair.talk();
    REQUIRE(asked.heads.size() == 2);
    CHECK(asked.heads[0] == "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n");
    CHECK(asked.is_last);
}

TEST_CASE("trailers end a body in both directions", "[http][h2_session]") {
    H2Pair pair;
    HeardStream& asked = pair.client.request(kPost, false);
    send(pair.client, *asked.stream, "ab", true, "X-Sum: 1\r\n");
    pair.talk();
    HeardStream& heard = pair.server.at(0);
    CHECK(heard.body == "ab");
    CHECK(heard.trailers == "x-sum: 1\r\n");
    pair.server.session.send_head(*heard.stream, kOk, false);
    send(pair.server, *heard.stream, "cd", true, "Grpc-Status: 0\r\n");
    pair.talk();
    CHECK(asked.body == "cd");
    CHECK(asked.trailers == "grpc-status: 0\r\n");
    CHECK(asked.is_closed);
}

TEST_CASE("trailers without a body need no frame between the heads", "[http][h2_session]") {
    H2Pair pair;
    HeardStream& asked = pair.client.request(kGet, true);
    pair.talk();
    H2Stream& stream = *pair.server.at(0).stream;
    pair.server.session.send_head(stream, kOk, false);
    SECTION("said together") { send(pair.server, stream, "", true, "Grpc-Status: 0\r\n"); }
    SECTION("said later") {
        pair.talk();
        send(pair.server, stream, "", true, "Grpc-Status: 0\r\n");
    }
    const std::string out = pair.server.output();
    for (std::size_t at = 0; at + 9 <= out.size();) {
        CHECK(out[at + 3] != '\0');  // DATA
        at += 9 + static_cast<unsigned char>(out[at + 1]) * 256U +
              static_cast<unsigned char>(out[at + 2]);
    }
    pair.feed(pair.client, out);
    CHECK(asked.trailers == "grpc-status: 0\r\n");
    CHECK(asked.is_closed);
}

TEST_CASE("payload goes out at once when nothing holds it up", "[http][h2_session]") {
    H2Pair pair;
    pair.client.request(kGet, true);
    pair.talk();
    H2Stream& stream = *pair.server.at(0).stream;
    pair.server.session.send_head(stream, kOk, false);
    std::string out;
    pair.server.session.send_data(stream, "hello", false, {}, &out, 1000);
    CHECK(out.ends_with("hello"));
    CHECK(pair.server.session.queued_bytes(stream) == 0);
}

TEST_CASE("payload beyond the window waits, and says when it has gone", "[http][h2_session]") {
    H2Settings narrow;
    narrow.window = 1000;
    H2Pair pair({}, narrow);
    pair.client.consumes = false;
    HeardStream& asked = ask_for(pair, 0, std::string(1500, 'x'), false);
    HeardStream& heard = pair.server.at(0);
    CHECK(asked.body.size() == 1000);
    CHECK(pair.server.session.queued_bytes(*heard.stream) == 500);
    CHECK(pair.server.session.is_window_shut(*heard.stream));
    CHECK(!heard.is_drained);
    pair.client.session.consume(asked.stream, 1000);
    pair.talk();
    CHECK(asked.body.size() == 1500);
    CHECK(heard.is_drained);
}

TEST_CASE("a stream that ends gives back only what was used of its payload", "[http][h2_session]") {
    H2Settings narrow;
    narrow.window = narrow.connection_window = 100'000;
    H2Pair pair({}, narrow);
    pair.client.consumes = false;
    HeardStream& asked = ask_for(pair, 0, std::string(100'000, 'x'), false);
    REQUIRE(asked.body.size() == 100'000);
    pair.client.session.reset(*asked.stream, H2Error::Cancel);
    pair.talk();
    HeardStream& next = ask_for(pair, 1, "hello", true);
    CHECK(next.body.empty());
    pair.client.session.consume(nullptr, 100'000);
    pair.talk();
    CHECK(next.body == "hello");
}

TEST_CASE("output stops at its bound and goes on later", "[http][h2_session]") {
    H2Pair pair;
    HeardStream& asked = pair.client.request(kGet, true);
    pair.talk();
    HeardStream& heard = pair.server.at(0);
    pair.server.session.send_head(*heard.stream, kOk, false);
    std::string out;
    pair.server.session.send_data(*heard.stream, std::string(60'000, 'x'), true, {}, &out, 20'000);
    CHECK(out.size() < 40'000);
    CHECK(pair.server.session.queued_bytes(*heard.stream) > 20'000);
    pair.feed(pair.client, out);
    pair.talk();
    CHECK(asked.body.size() == 60'000);
    CHECK(heard.is_closed);
}

TEST_CASE("a reset by the peer is told with its reason", "[http][h2_session]") {
    H2Pair pair;
    HeardStream& asked = pair.client.request(kPost, false);
    pair.talk();
    HeardStream& heard = pair.server.at(0);
    pair.client.session.reset(*asked.stream, H2Error::Cancel);
    pair.talk();
    CHECK(heard.is_closed);
    CHECK(heard.end.error == H2Error::Cancel);
    CHECK(heard.end.is_by_peer);
    CHECK(asked.is_closed);
    CHECK(!asked.end.is_by_peer);
}

TEST_CASE("a request that is refused was not processed", "[http][h2_session]") {
    H2Pair pair;
    pair.server.refuses = true;
    HeardStream& asked = pair.client.request(kGet, true);
    pair.talk();
    CHECK(asked.is_closed);
    CHECK(asked.end.is_unprocessed);
    CHECK(pair.server.session.streams() == 0);
}

TEST_CASE("a client opens no more streams than the server takes", "[http][h2_session]") {
    H2Settings two;
    two.streams = 2;
    H2Pair pair(two);
    pair.talk();
    CHECK(pair.client.session.has_settings());
    CHECK(pair.client.session.streams_left() == 2);
    pair.client.request(kGet, true);
    pair.client.request(kGet, true);
    CHECK(pair.client.session.streams_left() == 0);
    CHECK(pair.client.request(kGet, true).stream == nullptr);
    pair.talk();
    pair.server.session.send_head(*pair.server.at(0).stream, kOk, true);
    pair.talk();
    CHECK(pair.client.session.streams_left() == 1);
}

TEST_CASE("an end in two steps loses no request that was on its way", "[http][h2_session]") {
    H2Pair pair;
    pair.talk();
    pair.server.session.announce_end();
    pair.client.request(kGet, true);  // crosses it on the wire
    pair.talk();
    CHECK(pair.client.goaways == 1);
    CHECK(pair.client.session.streams_left() == 0);
    REQUIRE(pair.server.streams.size() == 1);
    pair.server.session.end();
    pair.talk();
    CHECK(!pair.server.session.is_over());
    pair.server.session.send_head(*pair.server.at(0).stream, kOk, true);
    pair.talk();
    CHECK(pair.client.at(0).heads.size() == 1);
    CHECK(pair.server.session.is_over());
}

TEST_CASE("a ping is answered", "[http][h2_session]") {
    H2Pair pair;
    pair.server.session.ping();
    pair.talk();
    CHECK(pair.server.pongs == 1);
}

TEST_CASE("what is no HTTP/2 ends the connection", "[http][h2_session]") {
    H2Pair pair;
    pair.feed(pair.server, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    CHECK(pair.server.session.failure() == Failure::H2Protocol);
    pair.server.output();
    CHECK(pair.server.session.is_over());
}

TEST_CASE("a broken rule ends the connection with its code", "[http][h2_session]") {
    H2Pair pair;
    pair.talk();
    pair.feed(pair.server, std::string("\0\0\1\x6\0\0\0\0\0x", 10));  // PING of one byte
    const std::string answer = pair.server.output();
    CHECK(pair.server.session.failure() == Failure::H2Protocol);
    REQUIRE(answer.size() >= 17);
    CHECK(answer[3] == 7);  // GOAWAY
    CHECK(answer[16] == static_cast<char>(H2Error::FrameSizeError));
}

TEST_CASE("a flood ends the connection before anything of it is acted on", "[http][h2_session]") {
    H2Settings few;
    few.resets = {3, std::chrono::seconds{30}};
    H2Pair pair(few);
    pair.talk();
    for (int count = 0; count < 4; ++count) {
        HeardStream& asked = pair.client.request(kGet, true);
        pair.talk();
        pair.client.session.reset(*asked.stream, H2Error::Cancel);
        pair.talk();
    }
    CHECK(pair.server.session.failure() == Failure::H2Resets);
    CHECK(pair.client.goaways == 1);
}

TEST_CASE("a malformed request is told apart and may still be answered", "[http][h2_session]") {
    H2Pair pair;
    HeardStream& asked =
        pair.client.request("GET /x HTTP/1.1\r\nHost: a.example\r\nX: a\tb\x01\r\n\r\n", true);
    pair.talk();
    HeardStream& heard = pair.server.at(0);
    CHECK(heard.error.status == 400);
    pair.server.session.send_head(*heard.stream, "HTTP/1.1 400 Bad Request\r\n\r\n", true);
    pair.talk();
    CHECK(asked.heads.size() == 1);
    CHECK(pair.server.session.failure() == Failure::None);
}

TEST_CASE("a WebSocket is asked for where it was announced", "[http][h2_session]") {
    H2Settings settings;
    settings.takes_websockets = true;
    H2Pair pair(settings);
    const std::string first = pair.server.output();
    CHECK(first.find(std::string("\0\x8\0\0\0\1", 6)) != std::string::npos);
}
