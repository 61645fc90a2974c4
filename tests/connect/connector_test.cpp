#include "proxy/connect/connector.h"

#include <optional>

#include "tests/net/observers.h"
#include "tests/net/sockets.h"
#include "tests/net/turn.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::connect;
using net::test::Plain;
using net::test::PlainServer;
using net::test::turn_for;
using net::test::turn_until;
using namespace std::chrono_literals;

namespace {

struct Outcome final : ConnectObserver {
    void on_connect_done(std::unique_ptr<net::Stream> established) override {
        established->set_observer(user);
        stream = std::move(established);
        ++calls;
    }
    void on_connect_failed(Failure why) override {
        failure = why;
        ++calls;
    }
    net::test::Recorder user;
    std::unique_ptr<net::Stream> stream;
    std::optional<Failure> failure;
    int calls = 0;
};

/// An address nobody listens on.
SocketAddress refusing() {
    const PlainServer gone;
    return gone.address();
}

/// Addresses on which connecting takes for ever: a listener whose queue is full and stays so.
class Silent {
  public:
    Silent() {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&any), sizeof any) == 0);
        REQUIRE(::listen(fd_, 0) == 0);
        socklen_t length = sizeof any;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&any), &length);
        address_ = SocketAddress::from(reinterpret_cast<sockaddr*>(&any));
        for (int i = 0; i < 4; ++i) {
            const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            ::connect(filler, reinterpret_cast<sockaddr*>(&any), sizeof any);
            fillers_.emplace_back(filler);
        }
    }
    ~Silent() { ::close(fd_); }
    Silent(const Silent&) = delete;
    Silent& operator=(const Silent&) = delete;
    const SocketAddress& address() const { return address_; }

  private:
    int fd_;
    SocketAddress address_;
    std::vector<Plain> fillers_;
};

}  // namespace

TEST_CASE("an established connection is handed over, already reading", "[connect][connector]") {
    net::Loop loop;
    PlainServer server;
    Outcome outcome;
    Connector connector(loop, outcome);
    const std::vector addresses{server.address()};
    connector.start(addresses, 2s);
    CHECK(outcome.calls == 0);  // never before start returns
    REQUIRE(turn_until(loop, [&] { return outcome.calls > 0; }));
    REQUIRE(outcome.stream != nullptr);
    CHECK_FALSE(connector.is_active());
    Plain backend = server.accept();
    backend.send("hello");
    CHECK(turn_until(loop, [&] { return outcome.user.received == "hello"; }));
    CHECK(outcome.calls == 1);
    net::close(loop, std::move(outcome.stream));
}

TEST_CASE("the next address is tried when one refuses", "[connect][connector]") {
    net::Loop loop;
    PlainServer server;
    Outcome outcome;
    Connector connector(loop, outcome);
    const std::vector addresses{refusing(), refusing(), server.address()};
    connector.start(addresses, 2s);
    REQUIRE(turn_until(loop, [&] { return outcome.calls > 0; }));
    REQUIRE(outcome.stream != nullptr);
    CHECK(outcome.stream->peer().port == server.address().port);
    net::close(loop, std::move(outcome.stream));
}

TEST_CASE("when every address refuses, that is told once", "[connect][connector]") {
    net::Loop loop;
    Outcome outcome;
    Connector connector(loop, outcome);
    const std::vector addresses{refusing(), refusing()};
    connector.start(addresses, kForever);
    REQUIRE(turn_until(loop, [&] { return outcome.calls > 0; }));
    turn_for(loop, 20ms);
    CHECK(outcome.failure == Failure::ConnectRefused);
    CHECK(outcome.calls == 1);

    connector.start(addresses, kForever);  // it can be started again
    REQUIRE(turn_until(loop, [&] { return outcome.calls > 1; }));
}

TEST_CASE("an address that does not answer gets its share of the time, the next one the rest",
          "[connect][connector]") {
    net::Loop loop;
    const Silent silent;
    PlainServer server;
    Outcome outcome;
    Connector connector(loop, outcome);
    const Time began = loop.now();
    SECTION("and answers") {
        const std::vector addresses{silent.address(), server.address()};
        connector.start(addresses, 200ms);
        REQUIRE(turn_until(loop, [&] { return outcome.calls > 0; }));
        REQUIRE(outcome.stream != nullptr);
        CHECK(loop.now() - began >= 100ms);
        net::close(loop, std::move(outcome.stream));
    }
    SECTION("and does not either") {
        const std::vector addresses{silent.address(), silent.address()};
        connector.start(addresses, 100ms);
        REQUIRE(turn_until(loop, [&] { return outcome.calls > 0; }));
        CHECK(outcome.failure == Failure::ConnectTimeout);
        CHECK(loop.now() - began >= 100ms);
    }
}

TEST_CASE("nothing is told of a connection that was given up", "[connect][connector]") {
    net::Loop loop;
    PlainServer server;
    Outcome outcome;
    Connector connector(loop, outcome);
    const std::vector addresses{server.address()};
    connector.start(addresses, 20ms);
    connector.cancel();
    CHECK_FALSE(connector.is_active());
    turn_for(loop, 50ms);
    CHECK(outcome.calls == 0);
}

TEST_CASE("a backend behind a unix socket is reached", "[connect][connector]") {
    net::Loop loop;
    net::test::TemporaryFolder folder;
    const std::string path = folder.file("backend.sock");
    PlainServer server(path);
    Outcome outcome;
    Connector connector(loop, outcome);
    const std::vector addresses{server.address()};
    connector.start(addresses, 2s);
    REQUIRE(turn_until(loop, [&] { return outcome.calls > 0; }));
    REQUIRE(outcome.stream != nullptr);
    net::close(loop, std::move(outcome.stream));
}
