#include "proxy/connect/idle_connections.h"

#include "proxy/net/uv_stream.h"
#include "tests/net/observers.h"
#include "tests/net/sockets.h"
#include "tests/net/turn.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::connect;
using net::test::Plain;
using net::test::PlainServer;
using net::test::Recorder;
using net::test::turn_for;
using net::test::turn_until;
using namespace std::chrono_literals;

namespace {

using Connection = std::unique_ptr<BackendConnection>;

struct Backend {
    PlainServer server;
    Endpoint endpoint;
    KeepaliveSettings keepalive;
    std::vector<Plain> accepted;
    Recorder user;  ///< who uses a connection: an attempt

    Connection connection(net::Loop& loop) {
        auto stream = net::connect(loop, server.address(), user);
        const int before = user.connected;
        REQUIRE(turn_until(loop, [&] { return user.connected > before; }));
        accepted.push_back(server.accept());
        return std::make_unique<BackendConnection>(loop, std::move(stream));
    }
    std::uint32_t idle() const { return endpoint.idle_connections.load(); }
};

}  // namespace

TEST_CASE("the connection used last is taken first", "[connect][idle]") {
    Backend backend;
    net::Loop loop;
    IdleConnections idle(loop, backend.endpoint, backend.keepalive);
    Connection first = backend.connection(loop);
    Connection second = backend.connection(loop);
    const BackendConnection* const first_one = first.get();
    const BackendConnection* const second_one = second.get();
    CHECK_FALSE(first->is_reused());
    idle.put(std::move(first));
    idle.put(std::move(second));
    CHECK(backend.idle() == 2);

    Connection taken = idle.take();
    CHECK(taken.get() == second_one);
    CHECK(taken->is_reused());
    Connection other = idle.take();
    CHECK(other.get() == first_one);
    CHECK(idle.take() == nullptr);
    CHECK(backend.idle() == 0);
    close(loop, std::move(taken));
    close(loop, std::move(other));
}

TEST_CASE("the bound on unused connections holds over all workers", "[connect][idle]") {
    Backend backend;
    backend.keepalive.per_backend = 3;
    net::Loop loop;
    IdleConnections of_one(loop, backend.endpoint, backend.keepalive);
    IdleConnections of_another(loop, backend.endpoint, backend.keepalive);
    for (int i = 0; i < 2; ++i) of_one.put(backend.connection(loop));
    for (int i = 0; i < 2; ++i) of_another.put(backend.connection(loop));
    CHECK(of_one.size() == 2);
    CHECK(of_another.size() == 1);
    CHECK(backend.idle() == 3);
    loop.run_once(false);
    CHECK(backend.accepted[3].how_it_ended() == 0);

    of_one.clear();
    CHECK(backend.idle() == 1);
    of_another.put(backend.connection(loop));
    CHECK(of_another.size() == 2);
}

TEST_CASE("a connection has had its day after so many requests, or so much time",
          "[connect][idle]") {
    Backend backend;
    net::Loop loop;
    SECTION("requests") {
        backend.keepalive.max_requests = 2;
        IdleConnections idle(loop, backend.endpoint, backend.keepalive);
        idle.put(backend.connection(loop));
        CHECK(idle.size() == 1);
        idle.put(idle.take());
        CHECK(idle.size() == 0);
        CHECK(backend.idle() == 0);
    }
    SECTION("age") {
        backend.keepalive.max_age = 30ms;
        IdleConnections idle(loop, backend.endpoint, backend.keepalive);
        Connection young = backend.connection(loop);
        turn_for(loop, 40ms);
        idle.put(std::move(young));
        CHECK(idle.size() == 0);
        CHECK(backend.idle() == 0);
    }
    SECTION("none are kept") {
        backend.keepalive.idle = Duration::zero();
        IdleConnections idle(loop, backend.endpoint, backend.keepalive);
        idle.put(backend.connection(loop));
        CHECK(idle.size() == 0);
    }
}

TEST_CASE("an unused connection is closed after the idle time, counted from its last use",
          "[connect][idle]") {
    // The idle time passes by the wheel's clock only, so that no machine is too slow for it.
    Backend backend;
    backend.keepalive.idle = 1h;
    net::Loop loop;
    IdleConnections idle(loop, backend.endpoint, backend.keepalive);
    const Time first_put = loop.now();
    idle.put(backend.connection(loop));
    turn_for(loop, 50ms);
    Connection used = idle.take();
    REQUIRE(used != nullptr);
    const Time put_back = loop.now();
    REQUIRE(put_back - first_put >= 50ms);

    SECTION("its first deadline passes after it was put back") {
        idle.put(std::move(used));
        loop.timers().advance(put_back + 1h - 1ms);
        CHECK(idle.size() == 1);
        loop.timers().advance(put_back + 1h + 20ms);
    }
    SECTION("its first deadline passes while it is in use") {
        loop.timers().advance(first_put + 1h + 20ms);
        idle.put(std::move(used));
        CHECK(idle.size() == 1);
        loop.timers().advance(put_back + 1h - 1ms);
        CHECK(idle.size() == 1);
        loop.timers().advance(put_back + 1h + 20ms);
    }
    CHECK(idle.size() == 0);
    CHECK(backend.idle() == 0);
    loop.run_once(false);
    CHECK(backend.accepted[0].how_it_ended() == 0);
}

TEST_CASE("an unused connection is closed by itself", "[connect][idle]") {
    Backend backend;
    backend.keepalive.idle = 30ms;
    net::Loop loop;
    IdleConnections idle(loop, backend.endpoint, backend.keepalive);
    const Time before = loop.now();
    idle.put(backend.connection(loop));
    REQUIRE(turn_until(loop, [&] { return idle.size() == 0; }));
    CHECK(loop.now() - before >= 30ms);
    CHECK(backend.idle() == 0);
}

TEST_CASE("whatever a backend does with an unused connection ends it", "[connect][idle]") {
    Backend backend;
    net::Loop loop;
    IdleConnections idle(loop, backend.endpoint, backend.keepalive);
    idle.put(backend.connection(loop));
    SECTION("it says something unasked") { backend.accepted[0].send("HTTP/1.1 408 Late\r\n\r\n"); }
    SECTION("it closes") { backend.accepted[0].close(); }
    SECTION("it resets") { backend.accepted[0].reset(); }
    REQUIRE(turn_until(loop, [&] { return idle.size() == 0; }));
    CHECK(backend.idle() == 0);
    CHECK(backend.user.is_silent() == false);  // connected, and nothing else
    CHECK(backend.user.received.empty());
    CHECK(backend.user.ended == 0);
}

TEST_CASE("a request that must not be sent twice gets a fresh connection with nothing to read",
          "[connect][idle]") {
    Backend backend;
    net::Loop loop;
    IdleConnections idle(loop, backend.endpoint, backend.keepalive);
    idle.put(backend.connection(loop));
    SECTION("fresh enough") {
        Connection taken = idle.take(1s);
        CHECK(taken != nullptr);
        close(loop, std::move(taken));
    }
    SECTION("too long unused") {
        turn_for(loop, 40ms);
        CHECK(idle.take(20ms) == nullptr);
        CHECK(idle.size() == 1);
    }
    SECTION("closed by the backend, which the loop has not seen yet") {
        backend.accepted[0].close();
        CHECK(idle.take(1s) == nullptr);
    }
}

TEST_CASE("a taken connection tells its new user what happens, and its keeper nothing",
          "[connect][idle]") {
    Backend backend;
    net::Loop loop;
    IdleConnections idle(loop, backend.endpoint, backend.keepalive);
    idle.put(backend.connection(loop));
    Connection taken = idle.take();
    Recorder user;
    taken->stream().set_observer(user);
    backend.accepted[0].send("answer");
    REQUIRE(turn_until(loop, [&] { return user.received == "answer"; }));
    CHECK(backend.user.received.empty());
    close(loop, std::move(taken));
}

TEST_CASE("a connection whose time is over is watched, and used no more", "[connect][learn]") {
    Backend backend;
    backend.keepalive.learns = true;
    net::Loop loop;
    IdleConnections idle(loop, backend.endpoint, backend.keepalive);
    idle.put(backend.connection(loop));
    idle.put(backend.connection(loop));
    const Time put = loop.now();
    loop.timers().advance(put + 4s + 20ms);
    CHECK(idle.size() == 0);
    CHECK(idle.take() == nullptr);
    CHECK(backend.idle() == 1);  // one of the two, watched
    loop.run_once(false);

    SECTION("it is kept for 75 s") {
        loop.timers().advance(put + 76s);
        CHECK(backend.idle() == 0);
        CHECK(backend.endpoint.lesson.limit() == 60s);
    }
    SECTION("the backend closes it") {
        for (Plain& accepted : backend.accepted) accepted.close();
        REQUIRE(turn_until(loop, [&] { return backend.idle() == 0; }));
        CHECK(backend.endpoint.lesson.begin_watch(loop.now()));  // nobody watches any more
    }
    SECTION("its keeper goes") {
        idle.clear();
        CHECK(backend.idle() == 0);
        CHECK(backend.endpoint.lesson.begin_watch(loop.now()));
    }
}

TEST_CASE("what a backend says of its time holds for connections put from then on",
          "[connect][learn]") {
    Backend backend;
    backend.keepalive.learns = true;
    net::Loop loop;
    IdleConnections idle(loop, backend.endpoint, backend.keepalive);
    idle.on_told(20s);
    idle.put(backend.connection(loop));
    const Time put = loop.now();
    loop.timers().advance(put + 18s);
    CHECK(idle.size() == 1);
    loop.timers().advance(put + 19s + 20ms);
    CHECK(idle.size() == 0);
    CHECK(backend.idle() == 0);
}
