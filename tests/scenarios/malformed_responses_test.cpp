// Responses that could mean two things, or nothing, reach no client; and one that goes wrong half
// way looks cut, not complete.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios::malformed_responses {
namespace {

using namespace std::string_literals;

/// In every refused response, and in no answer a client gets.
constexpr const char* kMark = "LEAK";

struct Refused {
    std::string_view name;
    std::string bytes;
    bool closes = false;                             ///< the backend closes behind it
    std::string_view word = "backend_bad_response";  ///< of X-Fairlead-Failure
};

/// A 200 with these lines, and a body of four letters.
std::string with(const std::string& lines) {
    return "HTTP/1.1 200 OK\r\nX-Mark: LEAK\r\n" + lines + "\r\nLEAK";
}
std::string line(const std::string& text) {
    return text + "\r\nX-Mark: LEAK\r\nContent-Length: 4\r\n\r\nLEAK";
}
std::string chunks(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nX-Mark: LEAK\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}
std::string repeat(const std::string& text, std::size_t times) {
    std::string all;
    while (times-- > 0) all += text;
    return all;
}

std::vector<Refused> refused_for_their_heads() {
    return {
        {"a length and chunks", with("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n")},
        {"chunks and a length", with("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n")},
        {"two lengths", with("Content-Length: 4\r\nContent-Length: 5\r\n")},
        {"a list of two lengths", with("Content-Length: 4, 5\r\n")},
        {"a negative length", with("Content-Length: -4\r\n")},
        {"a length with a plus", with("Content-Length: +4\r\n")},
        {"a hexadecimal length", with("Content-Length: 0x4\r\n")},
        {"an empty length", with("Content-Length:\r\n")},
        {"a length with a blank inside", with("Content-Length: 4 4\r\n")},
        {"a length of 2^64 and four", with("Content-Length: 18446744073709551620\r\n")},
        {"xchunked", with("Transfer-Encoding: xchunked\r\n")},
        {"gzip, chunked", with("Transfer-Encoding: gzip, chunked\r\n")},
        {"chunked, identity", with("Transfer-Encoding: chunked, identity\r\n")},
        {"chunked twice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        {"a vertical tab before chunked", with("Transfer-Encoding: \x0B"
                                               "chunked\r\n")},
        {"chunked on 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nLEAK\r\n"},
        {"HTTP/2 200", line("HTTP/2 200")},
        {"HTTP/2.0 200", line("HTTP/2.0 200 OK")},
        {"HTTP/0.9 200", line("HTTP/0.9 200 OK")},
        {"HTTP/1.2 200", line("HTTP/1.2 200 OK")},
        {"lower-case http/1.1", line("http/1.1 200 OK")},
        {"another protocol", line("ICY 200 OK")},
        {"no status", line("HTTP/1.1")},
        {"a status of two digits", line("HTTP/1.1 20 OK")},
        {"a status of four digits", line("HTTP/1.1 2000 OK")},
        {"a status with a letter", line("HTTP/1.1 2O0 OK")},
        {"a status with a sign", line("HTTP/1.1 +20 OK")},
        {"a status of 0", line("HTTP/1.1 000 OK")},
        {"a status of 999", line("HTTP/1.1 999 OK")},
        {"two blanks before the status", line("HTTP/1.1  200 OK")},
        {"a tab before the status", line("HTTP/1.1\t200 OK")},
        {"a blank before the version", line(" HTTP/1.1 200 OK")},
        {"an empty line before", "\r\n" + line("HTTP/1.1 200 OK")},
        {"NUL in the reason", line("HTTP/1.1 200 O\0K"s)},
        {"bare LF behind the status", "HTTP/1.1 200 OK\nX-Mark: LEAK\r\n\r\nLEAK"},
        {"bare LF everywhere", "HTTP/1.1 200 OK\nContent-Length: 4\n\nLEAK"},
        {"bare LF behind a field", with("X-A: b\nContent-Length: 4\r\n")},
        {"bare LF at the end", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\nLEAK"},
        {"bare CR in a value", with("X-A: b\rX-B: c\r\nContent-Length: 4\r\n")},
        {"bare CR at the end", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\rLEAK"},
        {"a folded line", with("X-A: b\r\n c\r\nContent-Length: 4\r\n")},
        {"a blank before the first name", "HTTP/1.1 200 OK\r\n X-Mark: LEAK\r\n\r\n"},
        {"a blank before the colon", with("Content-Length : 4\r\n")},
        {"a line without a colon", with("LEAK\r\nContent-Length: 4\r\n")},
        {"an empty name", with(": LEAK\r\nContent-Length: 4\r\n")},
        {"a blank in a name", with("X A: LEAK\r\nContent-Length: 4\r\n")},
        {"NUL in a value", with("X-A: b\0c\r\nContent-Length: 4\r\n"s)},
        {"an escape in a value", with("X-A: \x1B[2J\r\nContent-Length: 4\r\n")},
        {"a head too large", with("X-A: " + repeat("b", 70'000) + "\r\nContent-Length: 4\r\n")},
        {"a field without an end", "HTTP/1.1 200 OK\r\nX-Mark: LEAK" + repeat("b", 70'000)},
        {"a status line without an end", "HTTP/1.1 200 LEAK" + repeat("b", 70'000)},
        {"too many fields", with(repeat("X-A: LEAK\r\n", 300) + "Content-Length: 4\r\n")},
        {"another server's greeting", "SSH-2.0-LEAK\r\n"},
        {"a page without a head", "<html>LEAK</html>\n"},
        {"random bytes",
         "\x80\xFF\x00\x1F"
         "LEAK\r\n\r\n"s},
        {"a TLS alert", "\x15\x03\x01\x00\x02\x02\x16"s},
        {"a 101 nobody asked for",
         "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "X-Mark: LEAK\r\n\r\nLEAK"},
        {"a bare 101", "HTTP/1.1 101 LEAK\r\n\r\nLEAK"},
        {"a 100 with a length", "HTTP/1.1 100 Continue\r\nContent-Length: 4\r\n\r\nLEAK"},
        {"a 100 in chunks", "HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
                                line("HTTP/1.1 200 OK")},
        {"a bad response behind a 100",
         "HTTP/1.1 100 Continue\r\n\r\n" + with("Content-Length: 4x\r\n")},
        {"nothing but 100s", repeat("HTTP/1.1 100 Continue\r\nX-Mark: LEAK\r\n\r\n", 50)},
        {"nothing at all on a connection used before", "", true, "stale_connection"},
        {"the end in the status line", "HTTP/1.1 200 LEAK", true, "backend_closed"},
        {"the end in a field", "HTTP/1.1 200 OK\r\nX-Mark: LEAK", true, "backend_closed"},
        {"the end before the empty line", "HTTP/1.1 200 OK\r\nX-Mark: LEAK\r\n", true,
         "backend_closed"},
        {"the end behind a 100", "HTTP/1.1 100 Continue\r\n\r\n", true, "backend_closed"},
    };
}

/// In chunks, behind a good head.
struct BadChunks {
    std::string_view name;
    std::string bytes;
    bool closes = false;
};

std::vector<BadChunks> bad_chunks() {
    return {
        {"a size that is no number", "zz\r\nLEAK\r\n0\r\n\r\n"},
        {"a size with a plus", "+4\r\nLEAK\r\n0\r\n\r\n"},
        {"a negative size", "-4\r\nLEAK\r\n0\r\n\r\n"},
        {"0x before a size", "0x4\r\nLEAK\r\n0\r\n\r\n"},
        {"a blank before a size", " 4\r\nLEAK\r\n0\r\n\r\n"},
        {"17 digits", "00000000000000004\r\nLEAK\r\n0\r\n\r\n"},
        {"an empty size", "\r\n0\r\n\r\n"},
        {"bare LF behind a size", "4\nLEAK\r\n0\r\n\r\n"},
        {"bare LF behind the last chunk", "0\n\r\n"},
        {"bare LF at the end", "0\r\n\n"},
        {"bare CR in an extension", "4;a\rb\r\nLEAK\r\n0\r\n\r\n"},
        {"an extension too long", "4;" + repeat("a", 1100) + "\r\nLEAK\r\n0\r\n\r\n"},
        {"a trailer with a blank before its colon", "0\r\nX-A : b\r\n\r\n"},
        {"a folded trailer", "0\r\nX-A: b\r\n c\r\n\r\n"},
        {"NUL in a trailer", "0\r\nX-A: \0\r\n\r\n"s},
        {"a response where the end belongs", "0\r\nHTTP/1.1 200 OK\r\n\r\n"},
        {"the end in a size", "4", true},
        {"the end in the last chunk", "0\r\n", true},
        {"the end in a trailer", "0\r\nX-A: b\r\n", true},
        {"the end between chunks", "", true},
    };
}

/// A whole response and something behind it.
struct Longer {
    std::string_view name;
    std::string method;
    std::string bytes;
    int status = 200;
    std::string_view body{};
};

std::vector<Longer> longer_than_they_say() {
    const std::string extra = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nLEAK";
    return {
        {"bytes behind a length", "GET", ok("good") + "LEAK", 200, "good"},
        {"a response behind a length", "GET", ok("good") + extra, 200, "good"},
        {"a response behind an empty one", "GET", ok("") + extra},
        {"an empty line behind a length", "GET", ok("good") + "\r\n", 200, "good"},
        {"a response behind chunks", "GET",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n" + extra, 200,
         "good"},
        {"a response behind a 100 and a length", "GET",
         "HTTP/1.1 100 Continue\r\n\r\n" + ok("good") + extra, 200, "good"},
        {"a body behind an answer to HEAD", "HEAD", ok("LEAK")},
        {"chunks behind an answer to HEAD", "HEAD",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nLEAK\r\n0\r\n\r\n"},
        {"a body behind 204", "GET", "HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\nLEAK", 204},
        {"a body behind 304", "GET", "HTTP/1.1 304 No\r\nContent-Length: 4\r\n\r\nLEAK", 304},
        {"a response behind 304", "GET", "HTTP/1.1 304 No\r\n\r\n" + extra, 304},
    };
}

/// Answers "/5" with row 5, and all else well. Each odd answer is the last of its connection.
template <class Row>
class OddBackend {
  public:
    explicit OddBackend(std::vector<Row> rows, std::size_t piece = 0)
        : rows_(std::move(rows)), piece_(piece) {}

    const std::string& address() const { return backend_.address(); }
    const std::vector<Row>& rows() const { return rows_; }
    /// Connections on which a row was sent and which the balancer has closed.
    std::size_t closed() const { return closed_; }
    /// Requests that came on a connection behind a row.
    bool has_been_reused() const { return has_been_reused_; }

  private:
    void serve(Peer& peer) {
        while (true) {
            const Message request = peer.read_request();
            if (!request.is_whole) return;
            if (request.target() == "/fine") {
                peer.send(ok("fine"));
                continue;
            }
            const Row& row = rows_[std::stoul(request.target().substr(1))];
            const std::string& bytes = row.bytes;
            const std::size_t piece = piece_ == 0           ? bytes.size() + 1
                                      : bytes.size() < 1500 ? piece_
                                                            : 997;
            for (std::size_t at = 0; at < bytes.size(); at += piece) {
                if (!peer.send(bytes.substr(at, piece))) break;
            }
            if constexpr (requires { row.closes; }) {
                if (row.closes) {
                    ++closed_;
                    return;
                }
            }
            if (!peer.read_to_end().empty()) has_been_reused_ = true;
            if (peer.ending() != Ending::Open) ++closed_;
            return;
        }
    }

    std::vector<Row> rows_;
    std::size_t piece_;
    std::atomic<std::size_t> closed_ = 0;
    std::atomic<bool> has_been_reused_ = false;
    FakeBackend backend_{[this](Peer& peer) { serve(peer); }};
};

/// One answer to one request, so that each row is seen once.
Setup setup_for(const std::string& backend) {
    return {.backends = {backend}, .pool = "retry = \"off\""};
}

void check_refused(std::size_t piece) {
    OddBackend<Refused> backend{refused_for_their_heads(), piece};
    const Balancer balancer{setup_for(backend.address())};
    for (std::size_t number = 0; number < backend.rows().size(); ++number) {
        const Refused& row = backend.rows()[number];
        INFO(row.name);
        Client client{balancer.port()};
        const Message answer = client.get("/" + std::to_string(number));
        CHECK(answer.status() == 502);
        CHECK(answer.field("X-Fairlead-Failure") == row.word);
        CHECK(answer.is_whole);
        // It was the backend's fault: the client's connection goes on, the backend's does not.
        CHECK(client.get("/fine").body == "fine");
        CHECK(client.received().find(kMark) == std::string::npos);
        REQUIRE(eventually([&] { return backend.closed() == number + 1; }));
    }
    CHECK_FALSE(backend.has_been_reused());
}

}  // namespace

TEST_CASE("a malformed or ambiguous response becomes 502 and none of it is forwarded",
          "[scenarios][http]") {
    check_refused(0);
}

TEST_CASE("a malformed response that comes byte by byte becomes 502 as well", "[scenarios][http]") {
    check_refused(1);
}

TEST_CASE("a bad chunk behind a good one cuts the response", "[scenarios][http]") {
    const std::vector<BadChunks> rows = bad_chunks();
    for (const std::string version : {"1.1", "1.0"}) {
        std::atomic<std::size_t> number = 0;
        std::atomic<std::size_t> closed = 0;
        std::vector<Gate> good_seen(rows.size());
        FakeBackend backend{[&](Peer& peer) {
            peer.read_request();
            const BadChunks& row = rows[number];
            peer.send(chunks("4\r\ngood\r\n"));
            good_seen[number].wait();
            peer.send(row.bytes);
            if (!row.closes) peer.read_to_end();
            ++closed;
        }};
        const Balancer balancer{setup_for(backend.address())};
        while (number < rows.size()) {
            INFO(rows[number].name << " to HTTP/" << version);
            Client client{balancer.port()};
            client.send("GET / HTTP/" + version + "\r\nHost: t\r\n\r\n");
            CHECK(client.read_head().starts_with("HTTP/1.1 200"));
            const std::string good = version == "1.1" ? "4\r\ngood\r\n" : "good";
            CHECK(client.read_exactly(good.size()) == good);
            good_seen[number].open();
            CHECK(client.read_to_end().empty());
            CHECK(client.ending() == Ending::Reset);
            REQUIRE(eventually([&] { return closed == number + 1; }));
            ++number;
        }
    }
}

TEST_CASE("a bad chunk that comes with its head becomes 502 or cuts the response",
          "[scenarios][http]") {
    std::vector<BadChunks> rows = bad_chunks();
    for (BadChunks& row : rows) row.bytes = chunks("4\r\ngood\r\n" + row.bytes);
    OddBackend<BadChunks> backend{std::move(rows)};
    const Balancer balancer{setup_for(backend.address())};
    for (std::size_t number = 0; number < backend.rows().size(); ++number) {
        const BadChunks& row = backend.rows()[number];
        INFO(row.name);
        Client client{balancer.port()};
        const Message answer = client.get("/" + std::to_string(number));
        if (answer.status() == 502) {
            CHECK(client.received().find(kMark) == std::string::npos);
            CHECK(answer.field("X-Fairlead-Failure") == "backend_bad_response");
            CHECK(client.get("/fine").body == "fine");
        } else {
            CHECK(answer.status() == 200);
            CHECK_FALSE(answer.is_whole);
            CHECK(client.ending() == Ending::Reset);
        }
        REQUIRE(eventually([&] { return backend.closed() == number + 1; }));
    }
}

TEST_CASE("a response shorter than its length is cut for the client", "[scenarios][http]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ngood");
    }};
    const Balancer balancer{setup_for(backend.address())};
    for (const std::string version : {"1.1", "1.0"}) {
        Client client{balancer.port()};
        const Message answer = client.ask("GET / HTTP/" + version + "\r\nHost: t\r\n\r\n");
        CHECK(answer.field("Content-Length") == "5");
        CHECK_FALSE(answer.is_whole);
        CHECK(client.ending() == Ending::Reset);
    }
}

TEST_CASE("a response until the close that a reset ends is cut for the client",
          "[scenarios][http]") {
    FakeBackend backend{[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\n\r\ngood");
        peer.reset();  // at once: both are there when the balancer looks
    }};
    const Balancer balancer{setup_for(backend.address())};
    for (const std::string version : {"1.1", "1.0"}) {
        Client client{balancer.port()};
        client.send("GET / HTTP/" + version + "\r\nHost: t\r\n\r\n");
        client.read_to_end();
        CHECK(client.ending() == Ending::Reset);
        CHECK_FALSE(client.received().ends_with("0\r\n\r\n"));
    }
    for (const JsonText& line : balancer.wait_for_access_log(2)) {
        CHECK(line.at("/failure") == "backend_reset");
    }
}

TEST_CASE("what comes behind a response reaches nobody and ends the connection",
          "[scenarios][http]") {
    OddBackend<Longer> backend{longer_than_they_say()};
    const Balancer balancer{setup_for(backend.address())};
    for (std::size_t number = 0; number < backend.rows().size(); ++number) {
        const Longer& row = backend.rows()[number];
        INFO(row.name);
        Client client{balancer.port()};
        const Message answer =
            client.ask(row.method + " /" + std::to_string(number) + " HTTP/1.1\r\nHost: t\r\n\r\n");
        CHECK(answer.status() == row.status);
        CHECK(answer.is_whole);
        CHECK(answer.body == row.body);
        CHECK(client.get("/fine").body == "fine");
        CHECK(client.received().find(kMark) == std::string::npos);
        REQUIRE(eventually([&] { return backend.closed() == number + 1; }));
    }
    CHECK_FALSE(backend.has_been_reused());
}

TEST_CASE("a response on an idle connection is not taken for the next request's",
          "[scenarios][http]") {
    const std::string unasked =
        GENERATE(as<std::string>{}, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nLEAK",
                 "HTTP/1.1 408 Slow\r\nContent-Length: 0\r\n\r\n", "\r\n");
    Gate go_on;
    Gate ended;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_request();
        peer.send(ok("good"));
        if (peer.number > 0) return;
        go_on.wait();
        peer.send(unasked);
        if (peer.read_to_end().empty()) ended.open();
    }};
    const Balancer balancer{setup_for(backend.address())};
    Client client{balancer.port()};
    CHECK(client.get("/").body == "good");
    go_on.open();
    REQUIRE(ended.wait());
    CHECK(client.get("/").body == "good");
    CHECK(backend.connections() == 2);
    CHECK(client.received().find(kMark) == std::string::npos);
}

TEST_CASE("a server that speaks first and no HTTP is a bad backend", "[scenarios][http]") {
    FakeBackend backend{[](Peer& peer) {
        peer.send("220 LEAK ready\r\n");
        peer.read_to_end();
    }};
    const Balancer balancer{setup_for(backend.address())};
    Client client{balancer.port()};
    const Message answer = client.get("/");
    CHECK(answer.status() == 502);
    CHECK(answer.field("X-Fairlead-Failure") == "backend_bad_response");
    CHECK(client.received().find(kMark) == std::string::npos);
}

}  // namespace fairlead::scenarios::malformed_responses
