#include "bench/load_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include "proxy/net/signals.h"
#include "tests/bench/listening_socket.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

using std::chrono::seconds;

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A server without a thread or a loop of its own: it does what a test says, when it says it.
class ServerByHand {
  public:
    ServerByHand() { net::ignore_sigpipe(); }
    ~ServerByHand() {
        if (client_ >= 0) ::close(client_);
    }
    ServerByHand(const ServerByHand&) = delete;
    ServerByHand& operator=(const ServerByHand&) = delete;

    const SocketAddress& address() const { return listener_.address(); }
    /// Waits for a client and a request of it.
    void take_request() {
        if (client_ < 0) client_ = listener_.accept();
        REQUIRE(client_ >= 0);
        char buffer[4096];
        REQUIRE(::recv(client_, buffer, sizeof(buffer), 0) > 0);
    }
    void send(std::string_view bytes) {
        REQUIRE(::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }
    void reset() {
        const linger abort{1, 0};
        setsockopt(client_, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
        close();
    }
    void close() {
        ::close(client_);
        client_ = -1;
    }

  private:
    ListeningSocket listener_;
    int client_ = -1;
};

/// A lane that sends nothing by itself, and a connection that sends when it is told.
struct Client {
    explicit Client(const SocketAddress& address) : lane(loop, settings(address)) {
        lane.start(std::chrono::steady_clock::now(), Time::min(), Time::min());
        connection = LoadConnection::make(lane);
    }

    static LaneSettings settings(const SocketAddress& address) {
        LaneSettings settings;
        settings.is_closed = true;
        settings.target.address = address;
        settings.target.host = "localhost";
        settings.target.requests.emplace_back();
        return settings;
    }

    void send() {
        const Time now = std::chrono::steady_clock::now();
        connection->send(now, now);
    }
    template <class Condition>
    void run_until(Condition condition) {
        const Time limit = std::chrono::steady_clock::now() + seconds(20);
        while (!condition() && std::chrono::steady_clock::now() < limit) {
            loop.run_once();
            seen.add(lane.take());
        }
        REQUIRE(condition());
    }
    void run_until_ended(std::uint64_t count) {
        run_until([&] { return seen.outcomes.total() == count; });
    }

    net::Loop loop;
    Lane lane;
    std::unique_ptr<LoadConnection> connection;
    Tally seen;
};

}  // namespace

TEST_CASE("what an answer lacks or has too much is told by its own word", "[bench][load]") {
    struct Row {
        std::string_view answer;
        Outcome outcome;
    };
    for (const Row& row : {
             Row{"", Outcome::ClosedMidBody},
             Row{"HTTP/1.1 200 OK\r\nContent-Le", Outcome::ClosedMidBody},
             Row{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", Outcome::ClosedMidBody},
             Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
                 Outcome::ClosedMidBody},
             Row{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok more", Outcome::BadFraming},
             Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                 Outcome::BadFraming},
             Row{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", Outcome::BadFraming},
             Row{"SSH-2.0-OpenSSH_9.2\r\n", Outcome::BadFraming},
             Row{"HTTP/1.1 100 Continue\r\n\r\n", Outcome::ClosedMidBody},
             Row{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"
                 "Content-Length: 2\r\n\r\nok",
                 Outcome::Ok},
             Row{"HTTP/1.1 200 OK\r\n\r\nuntil the end", Outcome::Ok},
         }) {
        CAPTURE(row.answer);
        ServerByHand server;
        Client client(server.address());
        client.send();
        client.run_until([&] { return client.lane.requests_sent() == 1; });
        server.take_request();
        server.send(row.answer);
        server.close();
        client.run_until_ended(1);
        CHECK(client.seen.outcomes[row.outcome] == 1);
    }
}

TEST_CASE("a head without an end is refused before it takes much memory", "[bench][load]") {
    ServerByHand server;
    Client client(server.address());
    client.send();
    client.run_until([&] { return client.lane.requests_sent() == 1; });
    server.take_request();
    server.send("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'a'));
    client.run_until_ended(1);
    CHECK(client.seen.outcomes[Outcome::BadFraming] == 1);
}

TEST_CASE("bytes that nobody asked for cost a connection and no request", "[bench][load]") {
    ServerByHand server;
    Client client(server.address());
    client.send();
    client.run_until([&] { return client.lane.requests_sent() == 1; });
    server.take_request();
    server.send(kAnswer);
    client.run_until_ended(1);
    server.send(kAnswer);
    client.run_until([&] { return client.seen.bytes_received == 2 * kAnswer.size(); });
    server.close();
    client.send();
    client.run_until([&] { return client.lane.requests_sent() == 2; });
    server.take_request();
    server.send(kAnswer);
    client.run_until_ended(2);
    CHECK(client.seen.outcomes.ok() == 2);
    CHECK(client.seen.connections_opened == 2);
}

TEST_CASE("a request of which not a byte could be written does not count as sent",
          "[bench][load]") {
    // The kernel may take a moment to see the reset; then the bytes go nowhere and count.
    bool was_refused = false;
    for (int tries = 0; tries < 100 && !was_refused; ++tries) {
        ServerByHand server;
        Client client(server.address());
        client.send();
        client.run_until([&] { return client.lane.requests_sent() == 1; });
        server.take_request();
        server.send(kAnswer);
        client.run_until_ended(1);
        server.reset();
        client.send();  // the loop has not had the time to tell that the connection is gone
        const std::uint64_t bytes_before = client.seen.bytes_sent;
        client.run_until_ended(2);
        CHECK(client.seen.outcomes[Outcome::Reset] == 1);
        was_refused = client.seen.bytes_sent == bytes_before;
        CHECK(client.lane.requests_sent() == (was_refused ? 1 : 2));
    }
    CHECK(was_refused);
}

}  // namespace fairlead::bench
