// How a stream comes to be: connecting, failing to, and taking over a descriptor.
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include "proxy/net/uv_stream.h"
#include "tests/net/observers.h"
#include "tests/net/sockets.h"
#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;
using namespace std::chrono_literals;

namespace {

/// A port nobody listens on.
SocketAddress free_port() { return PlainServer{}.address(); }

}  // namespace

TEST_CASE("a refused connection is told after connect() returned", "[net][stream]") {
    Loop loop;
    TemporaryFolder folder;
    SocketAddress to;
    SECTION("TCP") { to = free_port(); }
    SECTION("a unix socket that is not there") { to.unix_path = folder.file("missing"); }
    Recorder heard;
    const auto stream = connect(loop, to, heard);
    stream->write("dropped with the connection");
    CHECK(heard.is_silent());
    REQUIRE(turn_until(loop, [&] { return !heard.broken.empty(); }));
    turn_for(loop, 10ms);
    CHECK(heard.broken == std::vector{Failure::ConnectRefused});
    CHECK(heard.connected == 0);
    CHECK_FALSE(stream->write("x"));
}

TEST_CASE("a connection that cannot even be started is told after connect() returned",
          "[net][stream]") {
    Loop loop;
    SocketAddress to{*IpAddress::parse("255.255.255.255"), 80, {}};   // no one host's
    if (GENERATE(false, true)) to.unix_path = std::string(200, 'x');  // more than the system takes
    Recorder heard;
    auto stream = connect(loop, to, heard);
    CHECK(heard.is_silent());
    CHECK(stream->write("dropped with the connection"));
    stream->stop_reading();
    stream->start_reading();

    SECTION("told") {
        REQUIRE(turn_until(loop, [&] { return !heard.broken.empty(); }));
        CHECK(heard.broken == std::vector{Failure::ConnectUnreachable});
    }
    SECTION("or not, when the stream is gone by then") {
        stream.reset();
        turn_for(loop, 10ms);
        CHECK(heard.is_silent());
    }
    SECTION("or reset") {
        stream->reset();
        turn_for(loop, 10ms);
        CHECK(heard.is_silent());
    }
}

TEST_CASE("without descriptors connecting fails with no_descriptors", "[net][stream]") {
    Loop loop;
    const SocketAddress to = free_port();
    const int next = ::dup(0);
    REQUIRE(next >= 0);
    ::close(next);
    rlimit old_limit{};
    ::getrlimit(RLIMIT_NOFILE, &old_limit);
    const rlimit none_left{static_cast<rlim_t>(next), old_limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none_left);
    Recorder heard;
    const auto stream = connect(loop, to, heard);
    ::setrlimit(RLIMIT_NOFILE, &old_limit);
    REQUIRE(turn_until(loop, [&] { return !heard.broken.empty(); }));
    CHECK(heard.broken == std::vector{Failure::NoDescriptors});
}

TEST_CASE("a connection still being made can be given up", "[net][stream]") {
    Loop loop;
    PlainServer server;
    Recorder heard;
    auto stream = connect(loop, server.address(), heard);
    stream->write("never");
    SECTION("destroyed") { stream.reset(); }
    SECTION("reset") { stream->reset(); }
    turn_for(loop, 10ms);
    CHECK(heard.is_silent());
}

TEST_CASE("a connection over a unix socket can be used and given up before it is told",
          "[net][stream]") {
    Loop loop;
    TemporaryFolder folder;
    PlainServer server{folder.file("backend.sock")};
    Recorder heard;
    auto stream = connect(loop, server.address(), heard);
    Plain other = server.accept();
    CHECK(heard.is_silent());
    SECTION("more is written than the kernel takes, then a FIN") {
        const std::string much(4 << 20, 'x');
        CHECK(stream->write(much));
        stream->shutdown_write();
        std::size_t got = 0;
        while (got < much.size()) {
            loop.run_once(false);
            got += other.receive(1 << 20).size();
        }
        CHECK(got == much.size());
        CHECK(heard.connected == 1);
        REQUIRE(turn_until(loop, [&] { return heard.drained == 1; }));
        CHECK(other.how_it_ended() == 0);
    }
    SECTION("reading is stopped: what is sent waits") {
        stream->stop_reading();
        other.send("patience");
        REQUIRE(turn_until(loop, [&] { return heard.connected == 1; }));
        turn_for(loop, 10ms);
        CHECK(heard.received.empty());
        stream->start_reading();
        REQUIRE(turn_until(loop, [&] { return heard.received == "patience"; }));
    }
    SECTION("the other side is gone already: connected, then the end") {
        other.send("last words");
        other.close();
        REQUIRE(turn_until(loop, [&] { return heard.ended == 1; }));
        CHECK(heard.connected == 1);
        CHECK(heard.received == "last words");
        CHECK(heard.broken.empty());
    }
    SECTION("destroyed, with bytes queued") {
        CHECK(stream->write(std::string(4 << 20, 'x')));
        stream.reset();
        turn_for(loop, 10ms);
        CHECK(heard.is_silent());
    }
    SECTION("reset, with bytes queued") {
        CHECK(stream->write(std::string(4 << 20, 'x')));
        stream->reset();
        turn_for(loop, 10ms);
        CHECK(heard.is_silent());
        CHECK_FALSE(stream->has_unread_bytes());
        CHECK(stream->has_pending_input());
    }
    SECTION("when it is told") {
        heard.when_connected = [&] { stream.reset(); };
        REQUIRE(turn_until(loop, [&] { return stream == nullptr; }));
        CHECK(other.how_it_ended() == 0);
    }
}

TEST_CASE("a connected descriptor can be adopted, another cannot", "[net][stream]") {
    Loop loop;
    Recorder heard;
    SECTION("a pair of unix sockets") {
        std::array<int, 2> fds{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
        Plain other{fds[1]};
        const auto stream = adopt(loop, fds[0]);
        REQUIRE(stream != nullptr);
        CHECK_FALSE(stream->is_reading());
        stream->set_observer(heard);
        stream->start_reading();
        other.send("hi");
        REQUIRE(turn_until(loop, [&] { return heard.received == "hi"; }));
        CHECK(stream->write("ho"));
        CHECK(other.receive() == "ho");
    }
    SECTION("a TCP connection, which stops waiting for more to send") {
        PlainServer server;
        Plain client = Plain::connected_to(server.address());
        Plain other = server.accept();
        const int fd = ::dup(client.fd());
        const auto stream = adopt(loop, fd);
        REQUIRE(stream != nullptr);
        int no_delay = 0;
        socklen_t length = sizeof(no_delay);
        ::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &length);
        CHECK(no_delay != 0);
        CHECK(stream->peer() == server.address());
        CHECK(stream->local() == client.local());
    }
    SECTION("a file") {
        const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        CHECK(adopt(loop, fd) == nullptr);
        CHECK(::fcntl(fd, F_GETFD) == -1);  // closed all the same
    }
    SECTION("a socket that is not connected") {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        CHECK(adopt(loop, fd) == nullptr);
        CHECK(::fcntl(fd, F_GETFD) == -1);
    }
}
