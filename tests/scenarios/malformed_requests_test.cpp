// Requests that could mean two things reach no backend; odd ones reach it with one meaning only.
// Each row goes both ways, in clear and over TLS.
#include <memory>
#include <mutex>

#include "tests/scenarios/malformed_requests_table.h"
#include "tests/scenarios/support/certificates.h"
#include "tests/scenarios/support/scenario.h"
#include "tests/scenarios/support/tls_front.h"

namespace fairlead::scenarios::malformed_requests {
namespace {

constexpr const char* kFollower = "GET /follower HTTP/1.1\r\nHost: t\r\n\r\n";

/// How many bytes the first request in `bytes` has, read as we frame requests; 0 when it goes on.
std::size_t request_length(const std::string& bytes) {
    const std::size_t head_end = bytes.find("\r\n\r\n");
    if (head_end == std::string::npos) return 0;
    Message message;
    message.head = bytes.substr(0, head_end + 2);
    std::size_t length = head_end + 4;
    if (message.has("Content-Length")) {
        length += std::stoul(message.field("Content-Length"));
    } else if (message.field("Transfer-Encoding") == "chunked") {
        for (std::size_t size = 1; size > 0;) {
            const std::size_t line_end = bytes.find("\r\n", length);
            if (line_end == std::string::npos) return 0;
            size = std::stoul(bytes.substr(length, line_end - length), nullptr, 16);
            length = line_end + 2 + (size > 0 ? size + 2 : 0);
        }
        for (std::size_t line_end = 1; line_end != length;) {
            line_end = bytes.find("\r\n", length);
            if (line_end == std::string::npos) return 0;
            if (line_end != length) length = line_end + 2;
        }
        length += 2;
    }
    return length <= bytes.size() ? length : 0;
}

/// Answers each request with the bytes it came in, and keeps count of every byte.
class EchoBackend {
  public:
    const std::string& address() const { return backend_.address(); }
    std::size_t bytes() const {
        const std::lock_guard lock(mutex_);
        return bytes_;
    }
    std::vector<std::string> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    /// What has come of a request that is not whole yet; "" when there is none.
    std::string begun() const {
        const std::lock_guard lock(mutex_);
        return begun_;
    }
    /// Requests that were cut by the end of their connection.
    std::vector<std::string> cut() const {
        const std::lock_guard lock(mutex_);
        return cut_;
    }

  private:
    void serve(Peer& peer) {
        std::string unread;
        while (true) {
            const std::string some = peer.read_some();
            if (some.empty() && peer.ending() != Ending::Open) break;
            std::string answer;
            {
                const std::lock_guard lock(mutex_);
                bytes_ += some.size();
                unread += some;
                while (const std::size_t length = request_length(unread)) {
                    requests_.push_back(unread.substr(0, length));
                    answer += ok(requests_.back());
                    unread.erase(0, length);
                }
                begun_ = unread;
            }
            peer.send(answer);
        }
        const std::lock_guard lock(mutex_);
        if (!unread.empty()) cut_.push_back(unread);
        begun_.clear();
    }

    mutable std::mutex mutex_;
    std::size_t bytes_ = 0;
    std::vector<std::string> requests_;
    std::vector<std::string> cut_;
    std::string begun_;
    FakeBackend backend_{[this](Peer& peer) { serve(peer); }};
};

Setup setup_for(const EchoBackend& backend) {
    const auto text = [](std::size_t number) { return std::to_string(number); };
    return {.backends = {backend.address()},
            .listener = "limits = { url = \"" + text(kUrlMax) + "B\", headers = \"" +
                        text(kHeadersMax) + "B\", header_count = " + text(kFieldsMax) +
                        ", body = \"" + text(kBodyMax) + "B\" }",
            .more = "[[route]]\npath = [\"/admin/*\"]\nstatus = 403\nbody = \"closed\"\n"};
}

/// A balancer in front of this backend, and a port for clients that speak in clear either way.
class Door {
  public:
    Door(const EchoBackend& backend, bool is_tls) : proto_(is_tls ? "https" : "http") {
        Setup setup = setup_for(backend);
        if (is_tls) {
            certificates_.mint("site.pem", {{"site.example"}});
            setup.listener += "\n" + listener_tls(certificates_.path("site.pem"));
        }
        balancer_ = std::make_unique<Balancer>(setup);
        if (is_tls) {
            front_ = std::make_unique<TlsFront>(certificates_, "site.example", *balancer_);
        }
    }
    std::uint16_t port() const { return front_ == nullptr ? balancer_->port() : front_->port(); }
    std::string own_port() const { return std::to_string(balancer_->port()); }
    const std::string& proto() const { return proto_; }

  private:
    const std::string proto_;
    const Certificates certificates_;
    std::unique_ptr<Balancer> balancer_;
    std::unique_ptr<TlsFront> front_;
};

/// Takes out the line of that name, of which there must be one. @return its value
std::string take_line(std::string& request, const std::string& name) {
    const std::size_t begin = request.find("\r\n" + name + ": ");
    REQUIRE(begin < request.find("\r\n\r\n"));
    const std::size_t value = begin + name.size() + 4;
    const std::size_t end = request.find("\r\n", value);
    std::string taken = request.substr(value, end - value);
    request.erase(begin, end - begin);
    return taken;
}

/// What is left without the fields the balancer adds of its own, which are looked at here.
std::string without_own_fields(std::string request, const Door& door, const std::string& host) {
    CHECK(take_line(request, "X-Forwarded-For") == "127.0.0.1");
    CHECK(take_line(request, "X-Forwarded-Proto") == door.proto());
    CHECK(take_line(request, "X-Forwarded-Port") == door.own_port());
    if (!host.empty()) CHECK(take_line(request, "X-Forwarded-Host") == host);
    const std::string id = take_line(request, "X-Request-Id");
    CHECK_FALSE(id.empty());
    CHECK(id != "mine");
    CHECK_FALSE(take_line(request, "CDN-Loop").empty());
    return request;
}

/// In pieces of so many bytes; 0 is at once.
void send_in_pieces(Client& client, const std::string& bytes, std::size_t piece) {
    if (piece == 0) piece = bytes.size();
    for (std::size_t at = 0; at < bytes.size(); at += piece) client.send(bytes.substr(at, piece));
}

/// Byte by byte unless that takes too long.
std::size_t small_piece(const std::string& bytes) { return bytes.size() < 1500 ? 1 : 997; }

void check_refusal(Client& client, int status, std::string_view word) {
    const Message answer = client.read_response();
    CHECK(answer.status() == status);
    CHECK(answer.field("X-Fairlead-Failure") == word);
    CHECK(answer.field("Connection") == "close");
    CHECK(answer.is_whole);
    // The request behind it was not answered.
    CHECK(client.read_to_end().empty());
    CHECK(client.ending() == Ending::Closed);
}

void check_refused(const std::vector<Refused>& rows) {
    const bool is_tls = GENERATE(false, true);
    INFO((is_tls ? "over TLS" : "in clear"));
    EchoBackend backend;
    const Door door(backend, is_tls);
    for (const Refused& row : rows) {
        for (const std::size_t piece : {std::size_t{0}, small_piece(row.bytes)}) {
            INFO(row.name << ", pieces of " << piece);
            const std::size_t bytes_before = backend.bytes();
            Client client{door.port()};
            send_in_pieces(client, row.bytes + kFollower, piece);
            check_refusal(client, row.status, row.word);
            // What had been sent before this request would have come before it.
            const Message fine = get(door.port(), "/fine");
            CHECK(fine.body.starts_with("GET /fine HTTP/1.1\r\n"));
            CHECK(backend.bytes() == bytes_before + fine.body.size());
        }
    }
    CHECK(backend.requests().size() == 2 * rows.size());
    CHECK(backend.cut().empty());
}

void check_taken(const std::vector<Taken>& rows) {
    const bool is_tls = GENERATE(false, true);
    INFO((is_tls ? "over TLS" : "in clear"));
    EchoBackend backend;
    const Door door(backend, is_tls);
    for (const Taken& row : rows) {
        INFO(row.name);
        Client client{door.port()};
        client.send(row.bytes + kFollower);
        const Message answer = client.read_response();
        REQUIRE(answer.status() == 200);
        std::string expected = row.forwarded;
        const std::size_t place = expected.find("{backend}");
        if (place != std::string::npos) expected.replace(place, 9, backend.address());
        Message message;
        message.head = expected.substr(0, expected.find("\r\n\r\n") + 2);
        const std::string host = place == std::string::npos ? message.field("Host") : "";
        CHECK(without_own_fields(answer.body, door, host) == expected);
        // Both ends agree where the request ended.
        if (answer.field("Connection") == "close") {
            CHECK(client.read_to_end().empty());
        } else {
            const Message next = client.read_response();
            REQUIRE(next.status() == 200);
            CHECK(without_own_fields(next.body, door, "t") == kFollower);
        }
    }
    CHECK(backend.cut().empty());
}

}  // namespace

TEST_CASE("a bad request line is refused and reaches no backend", "[scenarios][http]") {
    check_refused(bad_request_lines());
}

TEST_CASE("a bad target is refused and reaches no backend", "[scenarios][http]") {
    check_refused(bad_targets());
}

TEST_CASE("no, two or a bad Host is refused and reaches no backend", "[scenarios][http]") {
    check_refused(bad_hosts());
}

TEST_CASE("a bad field is refused and reaches no backend", "[scenarios][http]") {
    check_refused(bad_fields());
}

TEST_CASE("a request whose length is in doubt is refused and reaches no backend",
          "[scenarios][http]") {
    check_refused(bad_framing());
}

TEST_CASE("a request over a limit is refused and reaches no backend", "[scenarios][http]") {
    check_refused(over_a_limit());
}

TEST_CASE("a body that turns out bad never becomes a whole request", "[scenarios][http]") {
    const bool is_tls = GENERATE(false, true);
    INFO((is_tls ? "over TLS" : "in clear"));
    EchoBackend backend;
    const Door door(backend, is_tls);
    std::size_t fine_ones = 0;
    for (const RefusedBody& row : bad_bodies()) {
        for (const std::size_t piece : {std::size_t{0}, small_piece(row.bad)}) {
            INFO(row.name << ", pieces of " << piece);
            const std::size_t cut_before = backend.cut().size();
            Client client{door.port()};
            client.send(row.good);
            REQUIRE(eventually([&] { return backend.begun().ends_with("\r\n4\r\nWiki\r\n"); }));
            send_in_pieces(client, row.bad + kFollower, piece);
            check_refusal(client, row.status, row.word);
            REQUIRE(eventually([&] { return backend.cut().size() == cut_before + 1; }));
            const std::string cut = backend.cut().back();
            CHECK(cut.find("\r\n0\r\n") == std::string::npos);
            CHECK(cut.find("smuggled") == std::string::npos);
            CHECK(cut.find("follower") == std::string::npos);
            CHECK(get(door.port(), "/fine").body.starts_with("GET /fine HTTP/1.1\r\n"));
            ++fine_ones;
        }
    }
    CHECK(backend.requests().size() == fine_ones);
}

TEST_CASE("a bad body that comes with its head never becomes a whole request",
          "[scenarios][http]") {
    const bool is_tls = GENERATE(false, true);
    INFO((is_tls ? "over TLS" : "in clear"));
    EchoBackend backend;
    const Door door(backend, is_tls);
    std::size_t fine_ones = 0;
    for (const RefusedBody& row : bad_bodies()) {
        INFO(row.name);
        Client client{door.port()};
        client.send(row.good + row.bad + kFollower);
        check_refusal(client, row.status, row.word);
        CHECK(eventually([&] { return backend.begun().empty(); }));
        CHECK(get(door.port(), "/fine").body.starts_with("GET /fine HTTP/1.1\r\n"));
        CHECK(backend.requests().size() == ++fine_ones);
    }
}

TEST_CASE("a route for a path is not passed by another spelling of it", "[scenarios][http]") {
    const bool is_tls = GENERATE(false, true);
    INFO((is_tls ? "over TLS" : "in clear"));
    EchoBackend backend;
    const Door door(backend, is_tls);
    for (const Answered& row : ways_to_admin()) {
        INFO(row.name);
        const Message answer = Client(door.port()).ask(row.bytes);
        CHECK(answer.status() == 403);
        CHECK(answer.body == "closed");
        CHECK_FALSE(answer.has("X-Fairlead-Failure"));
    }
    CHECK(backend.bytes() == 0);
}

TEST_CASE("an odd target or Host is forwarded in its plain form", "[scenarios][http]") {
    check_taken(taken_targets());
}

TEST_CASE("forged, hop-by-hop and upgrade fields are taken out", "[scenarios][http]") {
    check_taken(taken_fields());
}

TEST_CASE("a body is forwarded in framing of our own", "[scenarios][http]") {
    check_taken(taken_framing());
}

TEST_CASE("the rest of a request answered early is not taken for a request", "[scenarios][http]") {
    std::mutex mutex;
    std::vector<std::string> received;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
        peer.read_to_end();
        const std::lock_guard lock(mutex);
        received.push_back(peer.received());
    }};
    {
        const Balancer balancer{{.backends = {backend.address()}}};
        for (const std::string framing : {"Content-Length: 99999", "Transfer-Encoding: chunked"}) {
            Client client{balancer.port()};
            client.send("POST /early HTTP/1.1\r\nHost: t\r\n" + framing + "\r\n\r\n");
            const Message answer = client.read_response();
            CHECK(answer.status() == 403);
            CHECK(answer.field("Connection") == "close");
            client.send(std::string(kFollower) + kFollower);
            CHECK(client.read_to_end().empty());
        }
    }
    REQUIRE(eventually([&] {
        const std::lock_guard lock(mutex);
        return received.size() == 2;
    }));
    for (const std::string& bytes : received) CHECK(bytes.find("follower") == std::string::npos);
}

}  // namespace fairlead::scenarios::malformed_requests
