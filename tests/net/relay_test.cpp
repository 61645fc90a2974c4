#include "proxy/net/relay.h"

#include <optional>
#include <string>

#include "proxy/net/uv_stream.h"
#include "tests/net/observers.h"
#include "tests/net/sockets.h"
#include "tests/net/turn.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::net;
using net::test::Plain;
using net::test::PlainServer;
using net::test::turn_for;
using net::test::turn_until;
using namespace std::chrono_literals;

namespace {

/// A relay between two blocking sockets of the test.
struct Tunnel final : RelayObserver {
    explicit Tunnel(Loop& its_loop, Duration idle = 1h)
        : loop(its_loop), relay(loop, connect_to(client), connect_to(backend), idle, *this) {
        relay.start();
    }
    void on_relay_ended(Failure why) override {
        ended = why;
        ++ends;
    }
    std::unique_ptr<Stream> connect_to(Plain& other_end) {
        PlainServer server;
        test::Recorder recorder;
        auto stream = connect(loop, server.address(), recorder);
        REQUIRE(turn_until(loop, [&] { return recorder.connected == 1; }));
        stream->stop_reading();
        other_end = server.accept();
        return stream;
    }
    /// What `from` got, once it is `bytes` long; what there was when it does not get there.
    std::string receive(Plain& from, std::size_t bytes) {
        std::string all;
        std::string block(256 * 1024, '\0');
        for (int quiet = 0; quiet < 1000 && all.size() < bytes; ++quiet) {
            ssize_t got = 0;
            while ((got = ::recv(from.fd(), block.data(), block.size(), MSG_DONTWAIT)) > 0) {
                all.append(block, 0, static_cast<std::size_t>(got));
                quiet = 0;
            }
            turn_for(loop, 5ms);
        }
        return all;
    }

    /// Sends from the client until nothing moves any more: the kernel's buffers and ours are full.
    std::size_t fill() {
        const std::string block(64 * 1024, 'x');
        std::size_t sent = 0;
        for (int quiet = 0; quiet < 5;) {
            const ssize_t taken =
                ::send(client.fd(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            quiet = taken > 0 ? 0 : quiet + 1;
            if (taken > 0) sent += static_cast<std::size_t>(taken);
            turn_for(loop, 10ms);
        }
        return sent;
    }

    Loop& loop;
    Plain client;
    Plain backend;
    std::optional<Failure> ended;
    int ends = 0;
    Relay relay;
};

}  // namespace

TEST_CASE("bytes go both ways, and are counted", "[net][relay]") {
    Loop loop;
    Tunnel tunnel(loop);
    tunnel.client.send("ping");
    CHECK(tunnel.receive(tunnel.backend, 4) == "ping");
    tunnel.backend.send("pong!");
    CHECK(tunnel.receive(tunnel.client, 5) == "pong!");
    CHECK(tunnel.relay.bytes_from_client() == 4);
    CHECK(tunnel.relay.bytes_from_backend() == 5);
    CHECK(tunnel.ends == 0);
}

TEST_CASE("a side that has said all it has still hears the other", "[net][relay]") {
    Loop loop;
    Tunnel tunnel(loop);
    tunnel.client.send("question");
    tunnel.client.shutdown_write();
    CHECK(tunnel.receive(tunnel.backend, 8) == "question");
    turn_for(loop, 20ms);
    CHECK(tunnel.backend.how_it_ended() == 0);
    CHECK(tunnel.ends == 0);
    tunnel.backend.send("answer");
    CHECK(tunnel.receive(tunnel.client, 6) == "answer");
    tunnel.backend.close();
    REQUIRE(turn_until(loop, [&] { return tunnel.ends > 0; }));
    CHECK(tunnel.ended == Failure::None);
    turn_for(loop, 20ms);
    CHECK(tunnel.ends == 1);
}

TEST_CASE("a side that does not read stops the other, and nothing is lost", "[net][relay]") {
    Loop loop;
    Tunnel tunnel(loop);
    const std::size_t sent = tunnel.fill();
    const std::uint64_t ahead = tunnel.relay.bytes_from_client();
    CHECK(ahead < sent);  // the rest waits in the kernel, not with us
    const std::string all = tunnel.receive(tunnel.backend, sent);
    CHECK(all.size() == sent);
    CHECK(all.find_first_not_of('x') == std::string::npos);
    CHECK(tunnel.relay.bytes_from_client() == sent);
}

TEST_CASE("what was queued still goes out when both sides have ended", "[net][relay]") {
    Loop loop;
    Tunnel tunnel(loop);
    const std::size_t sent = tunnel.fill();
    tunnel.client.shutdown_write();
    tunnel.backend.shutdown_write();
    CHECK(tunnel.receive(tunnel.backend, sent).size() == sent);
    REQUIRE(turn_until(loop, [&] { return tunnel.ends > 0; }));
    CHECK(tunnel.ended == Failure::None);
}

TEST_CASE("a side that breaks ends the tunnel under its name", "[net][relay]") {
    Loop loop;
    Tunnel tunnel(loop);
    SECTION("client") {
        tunnel.client.reset();
        REQUIRE(turn_until(loop, [&] { return tunnel.ends > 0; }));
        CHECK(tunnel.ended == Failure::ClientClosed);
    }
    SECTION("backend") {
        tunnel.backend.reset();
        turn_for(loop, 10ms);
        CHECK(tunnel.client.how_it_ended() == 0);
        tunnel.client.close();
        REQUIRE(turn_until(loop, [&] { return tunnel.ends > 0; }));
        CHECK(tunnel.ended == Failure::BackendReset);
    }
}

TEST_CASE("what a side sent before it broke still reaches the other", "[net][relay]") {
    Loop loop;
    Tunnel tunnel(loop);
    tunnel.fill();
    tunnel.client.reset();
    std::size_t received = 0;
    REQUIRE(turn_until(loop, [&] {
        received += tunnel.receive(tunnel.backend, 1).size();  // and what is there with it
        return tunnel.ends > 0;
    }));
    CHECK(tunnel.ended == Failure::ClientClosed);
    const std::uint64_t passed_on = tunnel.relay.bytes_from_client();
    CHECK(received + tunnel.receive(tunnel.backend, passed_on - received).size() == passed_on);
    CHECK(tunnel.ends == 1);
}

TEST_CASE("a client reads the last words of a backend that did not want its bytes",
          "[net][relay]") {
    Loop loop;
    Tunnel tunnel(loop);
    tunnel.client.send("unread");
    turn_for(loop, 20ms);
    // Both are there before the relay looks, the client's bytes first: writing them fails.
    tunnel.client.send("more");
    tunnel.backend.send("too many connections");
    tunnel.backend.close();
    CHECK(tunnel.receive(tunnel.client, 20) == "too many connections");
    CHECK(tunnel.client.how_it_ended() == 0);
    CHECK(tunnel.relay.bytes_from_backend() == 20);

    SECTION("and closes") { tunnel.client.close(); }
    SECTION("and goes on sending") {
        CHECK(tunnel.ends == 0);
        tunnel.client.send("to nobody");
        loop.timers().advance(loop.now() + 2s + 20ms);
    }
    REQUIRE(turn_until(loop, [&] { return tunnel.ends > 0; }));
    CHECK(tunnel.ended == Failure::BackendReset);
    CHECK(tunnel.ends == 1);
}

TEST_CASE("a backend that has ended and takes no more is no failure of it", "[net][relay]") {
    Loop loop;
    Tunnel tunnel(loop);
    tunnel.backend.send("all there is");
    tunnel.backend.close();
    CHECK(tunnel.receive(tunnel.client, 12) == "all there is");
    CHECK(tunnel.client.how_it_ended() == 0);
    CHECK(tunnel.ends == 0);
    // The first is answered with a reset, the second cannot be written.
    for (int times = 0; times < 3; ++times) {
        tunnel.client.send("x");
        turn_for(loop, 10ms);
    }
    tunnel.client.close();
    REQUIRE(turn_until(loop, [&] { return tunnel.ends > 0; }));
    CHECK(tunnel.ended == Failure::None);
}

TEST_CASE("a side that has ended may break while the other still talks", "[net][relay]") {
    Loop loop;
    Tunnel tunnel(loop);
    tunnel.client.send("question");
    tunnel.client.close();  // of both directions, which looks like an end of one
    CHECK(tunnel.receive(tunnel.backend, 8) == "question");
    CHECK(tunnel.backend.how_it_ended() == 0);
    CHECK(tunnel.ends == 0);
    REQUIRE(turn_until(loop, [&] { return !tunnel.backend.send("answer") || tunnel.ends > 0; }));
    REQUIRE(turn_until(loop, [&] { return tunnel.ends > 0; }));
    CHECK(tunnel.ended == Failure::ClientClosed);
}

TEST_CASE("a tunnel without an idle time has no deadline", "[net][relay]") {
    Loop loop;
    Tunnel tunnel(loop, kForever);
    tunnel.client.send("ping");
    CHECK(tunnel.receive(tunnel.backend, 4) == "ping");
    loop.timers().advance(loop.now() + 24h * 365);
    CHECK(tunnel.ends == 0);
}

TEST_CASE("a tunnel in which nothing moves ends after the idle time", "[net][relay]") {
    // The idle time passes by the wheel's clock only, so that no machine is too slow for it.
    Loop loop;
    Tunnel tunnel(loop, 1h);
    const Time began = loop.now();
    turn_for(loop, 50ms);
    const Time before = loop.now();
    tunnel.backend.send("still here");
    CHECK(tunnel.receive(tunnel.client, 10) == "still here");
    loop.timers().advance(began + 1h + 20ms);
    CHECK(tunnel.ends == 0);  // begun anew by what moved
    loop.timers().advance(before + 1h - 1ms);
    CHECK(tunnel.ends == 0);
    loop.timers().advance(loop.now() + 1h + 20ms);
    CHECK(tunnel.ends == 1);
    CHECK(tunnel.ended == Failure::ClientTimeout);
}

TEST_CASE("a tunnel in which nothing moves ends by itself", "[net][relay]") {
    Loop loop;
    const Time before = loop.now();
    Tunnel tunnel(loop, 50ms);
    REQUIRE(turn_until(loop, [&] { return tunnel.ends > 0; }));
    CHECK(tunnel.ended == Failure::ClientTimeout);
    CHECK(loop.now() - before >= 50ms);
}
