// Load over HTTP/2 against a server on the same loop, which does what a test tells it.
#include "bench/h2_load.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/lane.h"
#include "proxy/net/signals.h"
#include "proxy/net/uv_stream.h"
#include "tests/bench/listening_socket.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

/// One connection of the server: remembers requests, answers when it is told.
class ServerConnection final : private net::StreamObserver, private http::H2SessionObserver {
  public:
    ServerConnection(net::Loop& loop, int descriptor, const http::H2Settings& settings)
        : loop_(loop), stream_(net::adopt(loop, descriptor)) {
        http::H2SessionObserver& observer = *this;
        session_ =
            std::make_unique<http::H2Session>(http::H2Session::Role::Server, settings, observer);
        stream_->set_observer(*this);
        stream_->start_reading();
        write();
    }
    ~ServerConnection() { net::close(loop_, std::move(stream_)); }
    ServerConnection(const ServerConnection&) = delete;
    ServerConnection& operator=(const ServerConnection&) = delete;

    struct Request {
        http::H2Stream* stream = nullptr;
        std::string head;
        std::uint64_t body_bytes = 0;
        bool is_whole = false;
    };

    std::vector<std::unique_ptr<Request>> requests;
    bool refuses = false;

    std::size_t whole() const {
        std::size_t count = 0;
        for (const auto& each : requests) count += each->is_whole ? 1 : 0;
        return count;
    }
    void answer(std::size_t i, std::string_view head = kAnswer) {
        session_->send_head(*requests[i]->stream, head, false);
        session_->send_data(*requests[i]->stream, "ok", true, {}, nullptr, 0);
        write();
    }
    void begin_answer(std::size_t i) {
        session_->send_head(*requests[i]->stream, kAnswer, false);
        write();
    }
    void reset(std::size_t i) {
        session_->reset(*requests[i]->stream, http::H2Error::InternalError);
        write();
    }
    void goaway() {
        session_->end();
        write();
    }
    void finish() { stream_->shutdown_write(); }
    void reset_connection() { stream_->reset(); }
    void send(std::string_view bytes) { stream_->write(bytes); }

  private:
    void on_bytes(std::span<char> bytes) override {
        session_->feed(bytes, loop_.now());
        write();
    }
    void on_end() override {}
    void on_broken(Failure) override {}
    void* on_h2_request(http::H2Stream& stream, const http::H2Head& head) override {
        if (refuses) return nullptr;
        requests.push_back(std::make_unique<Request>());
        Request& request = *requests.back();
        request.stream = &stream;
        request.head = head.text;
        request.is_whole = head.is_last;
        return &request;
    }
    void on_h2_response(void*, const http::H2Head&) override {}
    void on_h2_data(void* user, std::span<char> payload, bool is_last, std::string_view) override {
        auto& request = *static_cast<Request*>(user);
        request.body_bytes += payload.size();
        request.is_whole = is_last;
        session_->consume(request.stream, payload.size());
    }
    void on_h2_drained(void*) override {}
    void on_h2_closed(void*, const http::H2StreamEnd&) override {}
    void on_h2_goaway(http::H2Error) override {}
    void on_h2_pong() override {}

    void write() {
        std::string out;
        session_->collect(out, 1 << 20);
        if (stream_ != nullptr && !out.empty()) stream_->write(out);
    }

    net::Loop& loop_;
    std::unique_ptr<net::Stream> stream_;
    std::unique_ptr<http::H2Session> session_;
};

/// A lane in a closed loop, and whoever it connects to.
struct Load {
    explicit Load(unsigned connections, unsigned streams) {
        net::ignore_sigpipe();
        settings.is_closed = true;
        settings.connections = connections;
        settings.streams = streams;
        settings.target.protocol = Protocol::Http2;
        settings.target.address = listener.address();
        settings.target.host = "load.example";
        settings.target.requests.emplace_back();
    }
    ~Load() {
        lane.reset();
        servers.clear();
        loop.run_once();
    }

    void start() {
        lane = std::make_unique<Lane>(loop, settings);
        lane->start(std::chrono::steady_clock::now(), Time::min(), Time::max());
    }
    template <class Condition>
    void run_until(Condition condition) {
        const Time limit = std::chrono::steady_clock::now() + seconds(20);
        while (!condition() && std::chrono::steady_clock::now() < limit) {
            loop.run_once();
            seen.add(lane->take());
        }
        REQUIRE(condition());
    }
    /// Waits for the lane's next connection.
    ServerConnection& accept() {
        loop.run_once();
        const int descriptor = listener.accept();
        REQUIRE(descriptor >= 0);
        servers.push_back(std::make_unique<ServerConnection>(loop, descriptor, server));
        return *servers.back();
    }
    void run_until_ended(std::uint64_t count) {
        run_until([&] { return seen.outcomes.total() >= count; });
    }

    net::Loop loop;
    ListeningSocket listener;
    LaneSettings settings;
    http::H2Settings server;
    std::vector<std::unique_ptr<ServerConnection>> servers;
    std::unique_ptr<Lane> lane;
    Tally seen;
};

}  // namespace

TEST_CASE("a connection carries as many requests at a time as it has streams", "[bench][h2]") {
    Load load(1, 3);
    load.settings.id_series = "s";
    load.start();
    ServerConnection& server = load.accept();
    load.run_until([&] { return server.whole() == 3; });
    CHECK(server.requests[0]->head ==
          "GET / HTTP/1.1\r\nhost: load.example\r\nx-bench-id: s-0\r\n\r\n");
    CHECK(server.requests[2]->head.find("x-bench-id: s-2\r\n") != std::string::npos);
    server.answer(1);
    load.run_until([&] { return server.whole() == 4; });  // its place is used again
    CHECK(load.seen.outcomes.ok() == 1);
    CHECK(load.lane->under_way() == 3);
    CHECK(load.seen.connections_opened == 1);
    CHECK(load.lane->requests_sent() == 4);
    CHECK(load.seen.requests_reused == 3);
}

TEST_CASE("what a stream's answer is or lacks is told by its own word", "[bench][h2]") {
    struct Row {
        const char* what;
        void (*act)(ServerConnection& server);
        Outcome outcome;
    };
    for (const Row& row : {
             Row{"an answer", [](ServerConnection& server) { server.answer(0); }, Outcome::Ok},
             Row{"a 404",
                 [](ServerConnection& server) {
                     server.answer(0, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n");
                 },
                 Outcome::Status4xx},
             Row{"a 503",
                 [](ServerConnection& server) {
                     server.answer(0, "HTTP/1.1 503 Service Unavailable\r\n\r\n");
                 },
                 Outcome::Status5xx},
             Row{"RST_STREAM", [](ServerConnection& server) { server.reset(0); }, Outcome::Reset},
             Row{"a connection closed in an answer",
                 [](ServerConnection& server) {
                     server.begin_answer(0);
                     server.finish();
                 },
                 Outcome::ClosedMidBody},
             Row{"a connection reset", [](ServerConnection& server) { server.reset_connection(); },
                 Outcome::Reset},
             Row{"no frames",
                 [](ServerConnection& server) { server.send("HTTP/1.1 400 Bad Request\r\n\r\n"); },
                 Outcome::BadFraming},
         }) {
        CAPTURE(row.what);
        Load load(1, 1);
        load.start();
        ServerConnection& server = load.accept();
        load.run_until([&] { return server.whole() == 1; });
        row.act(server);
        load.run_until_ended(1);
        CHECK(load.seen.outcomes[row.outcome] == 1);
    }
}

TEST_CASE("a stream that is refused is a reset, and the connection goes on", "[bench][h2]") {
    Load load(1, 1);
    load.start();
    ServerConnection& server = load.accept();
    server.refuses = true;
    load.run_until_ended(1);
    CHECK(load.seen.outcomes[Outcome::Reset] == 1);
    server.refuses = false;
    load.run_until([&] { return server.whole() == 1; });
    CHECK(load.seen.connections_opened == 1);
}

TEST_CASE("after GOAWAY what is under way ends, and a new connection takes the next",
          "[bench][h2]") {
    Load load(1, 1);
    load.start();
    ServerConnection& first = load.accept();
    load.run_until([&] { return first.whole() == 1; });
    first.goaway();
    first.answer(0);
    load.run_until_ended(1);
    CHECK(load.seen.outcomes.ok() == 1);
    ServerConnection& second = load.accept();
    load.run_until([&] { return second.whole() == 1; });
    CHECK(load.seen.connections_opened == 2);
    CHECK(load.seen.outcomes.errors() == 0);
}

TEST_CASE("a connection is left when it has served its number of requests", "[bench][h2]") {
    Load load(1, 2);
    load.settings.requests_per_connection = 2;
    load.start();
    ServerConnection& first = load.accept();
    load.run_until([&] { return first.whole() == 2; });
    first.answer(0);
    load.run_until_ended(1);
    CHECK(first.requests.size() == 2);  // the next one waits for the new connection
    first.answer(1);
    load.run_until_ended(2);
    ServerConnection& second = load.accept();
    load.run_until([&] { return second.whole() == 2; });
    CHECK(load.seen.outcomes.ok() == 2);
}

TEST_CASE("no more streams are opened than the server takes", "[bench][h2]") {
    Load load(1, 4);
    load.server.streams = 2;
    load.settings.timeout = milliseconds(300);
    load.start();
    ServerConnection& server = load.accept();
    // Before its SETTINGS are known all four are tried, and two refused; from then on it is two.
    load.run_until([&] { return server.whole() >= 2 && load.lane->under_way() == 2; });
    CHECK(load.seen.outcomes[Outcome::BadFraming] == 0);
}

TEST_CASE("a body goes in pieces as the server's windows let it", "[bench][h2]") {
    Load load(1, 1);
    load.settings.target.requests[0].method = "POST";
    load.settings.target.requests[0].body_bytes = 3'000'000;
    load.start();
    ServerConnection& server = load.accept();
    load.run_until([&] { return server.whole() == 1; });
    CHECK(server.requests[0]->body_bytes == 3'000'000);
    server.answer(0);
    load.run_until_ended(1);
    CHECK(load.seen.outcomes.ok() == 1);
    CHECK(load.seen.bytes_sent > 3'000'000);
}

TEST_CASE("a request without an answer times out and its stream is cancelled", "[bench][h2]") {
    Load load(1, 1);
    load.settings.timeout = milliseconds(50);
    load.start();
    ServerConnection& server = load.accept();
    load.run_until_ended(1);
    CHECK(load.seen.outcomes[Outcome::Timeout] == 1);
    CHECK(load.seen.connections_opened == 1);
    CHECK(server.requests.size() >= 1);
}

TEST_CASE("a refused connection is told for each request that waited for it", "[bench][h2]") {
    Load load(1, 3);
    load.settings.target.address = [] { return ListeningSocket().address(); }();  // closed again
    load.start();
    load.run_until_ended(3);
    CHECK(load.seen.outcomes[Outcome::ConnectRefused] == load.seen.outcomes.total());
    CHECK(load.lane->requests_sent() == 0);
}

}  // namespace fairlead::bench
