#include "proxy/net/listener.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <future>

#include "tests/net/observers.h"
#include "tests/net/sockets.h"
#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;
using namespace std::chrono_literals;

namespace {

/// The descriptor in this process whose peer is `client`; -1 when there is none.
int descriptor_connected_to(const SocketAddress& client) {
    for (int fd = 3; fd < 256; ++fd) {
        sockaddr_storage native{};
        socklen_t length = sizeof(native);
        if (::getpeername(fd, reinterpret_cast<sockaddr*>(&native), &length) != 0) continue;
        if (SocketAddress::from(reinterpret_cast<sockaddr*>(&native)) == client) return fd;
    }
    return -1;
}

/// Lets this process open no further descriptor while it lives. Nothing is checked meanwhile: the
/// sanitizers need descriptors themselves.
class NoDescriptorsLeft {
  public:
    NoDescriptorsLeft() {
        ::getrlimit(RLIMIT_NOFILE, &old_);
        const int next = ::dup(0);
        ::close(next);
        const rlimit none{static_cast<rlim_t>(next), old_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &old_); }
    NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
    NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;

  private:
    rlimit old_{};
};

std::unique_ptr<Listener> listen(Loop& loop, const SocketSet& set, ListenerObserver& observer,
                                 unsigned worker = 0) {
    auto listener = Listener::make(loop, set.descriptor(worker), observer);
    REQUIRE(listener);
    return std::move(*listener);
}

SocketSet bound(std::string_view address, unsigned workers = 1) {
    auto set = SocketSet::bind(bind_address(address), workers);
    REQUIRE(set);
    return std::move(*set);
}

std::vector<Plain> clients(const SocketSet& set, int count) {
    std::vector<Plain> made;
    for (int i = 0; i < count; ++i) {
        made.push_back(Plain::connected_to(set.address().address));
        REQUIRE(made.back().is_open());
    }
    return made;
}

}  // namespace

TEST_CASE("an accepted client is known by address, does not read yet, and does not delay writes",
          "[net][listener]") {
    Loop loop;
    Acceptor acceptor;
    const SocketSet set = bound("127.0.0.1:0");
    const auto listener = listen(loop, set, acceptor);
    Plain client = Plain::connected_to(set.address().address);
    REQUIRE(turn_until(loop, [&] { return acceptor.streams.size() == 1; }));
    Stream& stream = *acceptor.streams.front();
    CHECK_FALSE(stream.is_reading());
    CHECK(stream.peer() == client.local());
    CHECK(stream.local() == set.address().address);

    const int fd = descriptor_connected_to(client.local());
    REQUIRE(fd >= 0);
    int no_delay = 0;
    socklen_t length = sizeof(no_delay);
    ::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &length);
    CHECK(no_delay != 0);
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);

    Recorder heard;
    stream.set_observer(heard);
    stream.start_reading();
    client.send("ping");
    REQUIRE(turn_until(loop, [&] { return heard.received == "ping"; }));
    CHECK(stream.write("pong"));
    CHECK(client.receive() == "pong");
    CHECK(heard.connected == 0);
}

TEST_CASE("an IPv4 client of a dual-stack listener has an IPv4 address", "[net][listener]") {
    Loop loop;
    Acceptor acceptor;
    const SocketSet set = bound(":0");
    const auto listener = listen(loop, set, acceptor);
    const Plain client = Plain::connected_to(loopback(set.address().address.port));
    REQUIRE(turn_until(loop, [&] { return acceptor.streams.size() == 1; }));
    CHECK(acceptor.streams.front()->peer().text() == client.local().text());
    CHECK(acceptor.streams.front()->peer().ip.is_v4());
}

TEST_CASE("the workers of a unix listener share its clients, who have no name", "[net][listener]") {
    Loop loop;
    TemporaryFolder folder;
    Acceptor acceptor;
    const SocketSet set = bound("unix:" + folder.file("web.sock"), 2);
    const auto first = listen(loop, set, acceptor, 0);
    const auto second = listen(loop, set, acceptor, 1);
    const auto all = clients(set, 3);
    REQUIRE(turn_until(loop, [&] { return acceptor.streams.size() == 3; }));
    CHECK(acceptor.streams.front()->peer().text() == "unix:@");
    CHECK(acceptor.streams.front()->local() == set.address().address);
    CHECK(acceptor.failures.empty());
}

TEST_CASE("two workers share one port and both get clients", "[net][listener]") {
    Loop one;
    Loop two;
    Acceptor by_one;
    Acceptor by_two;
    const SocketSet set = bound("127.0.0.1:0", 2);
    const auto first = listen(one, set, by_one, 0);
    const auto second = listen(two, set, by_two, 1);
    constexpr std::size_t kClients = 100;
    const auto all = clients(set, kClients);
    while (by_one.streams.size() + by_two.streams.size() < kClients) {
        one.run_once(false);
        two.run_once(false);
    }
    // The kernel spreads by a hash of the addresses: 2^-99 is the chance that one gets all.
    CHECK(by_one.streams.size() > 0);
    CHECK(by_two.streams.size() > 0);
}

TEST_CASE("a burst of clients does not keep the loop from its other work", "[net][listener]") {
    Loop loop;
    Acceptor acceptor;
    const SocketSet set = bound("127.0.0.1:0");
    const auto listener = listen(loop, set, acceptor);
    const auto all = clients(set, 200);
    loop.run_once();
    CHECK(acceptor.streams.size() == 64);
    REQUIRE(turn_until(loop, [&] { return acceptor.streams.size() == 200; }));
}

TEST_CASE("a paused listener leaves clients in the backlog", "[net][listener]") {
    Loop loop;
    Acceptor acceptor;
    const SocketSet set = bound("127.0.0.1:0");
    const auto listener = listen(loop, set, acceptor);
    listener->pause();
    const auto all = clients(set, 3);
    turn_for(loop, 10ms);
    CHECK(acceptor.streams.empty());

    // Pausing from the call: exactly at the cap.
    acceptor.when_accepted = [&] {
        if (acceptor.streams.size() == 2) listener->pause();
    };
    listener->resume();
    turn_for(loop, 10ms);
    CHECK(acceptor.streams.size() == 2);
    listener->resume();
    REQUIRE(turn_until(loop, [&] { return acceptor.streams.size() == 3; }));
}

TEST_CASE("without descriptors accepting pauses, does not spin, and goes on by itself",
          "[net][listener]") {
    Loop loop;
    Acceptor acceptor;
    const SocketSet set = bound("127.0.0.1:0");
    const auto listener = listen(loop, set, acceptor);
    const auto all = clients(set, 2);
    std::vector<Time> failed_at;
    acceptor.when_failed = [&] { failed_at.push_back(loop.now()); };
    {
        const NoDescriptorsLeft exhausted;
        turn_until(loop, [&] { return failed_at.size() == 2; });
    }
    CHECK(acceptor.failures == std::vector{Failure::NoDescriptors, Failure::NoDescriptors});
    REQUIRE(failed_at.size() == 2);
    CHECK(failed_at[1] - failed_at[0] >= 100ms);
    CHECK(acceptor.streams.empty());
    REQUIRE(turn_until(loop, [&] { return acceptor.streams.size() == 2; }));
    CHECK(acceptor.failures.size() == 2);
}

TEST_CASE("a pause by itself ends neither a pause by the caller nor the other way round",
          "[net][listener]") {
    Loop loop;
    Acceptor acceptor;
    const SocketSet set = bound("127.0.0.1:0");
    const auto listener = listen(loop, set, acceptor);
    const auto all = clients(set, 1);
    std::vector<Time> failed_at;
    acceptor.when_failed = [&] { failed_at.push_back(loop.now()); };
    {
        const NoDescriptorsLeft exhausted;
        turn_until(loop, [&] { return failed_at.size() == 1; });
        listener->resume();  // not before the 100 ms are over
        turn_until(loop, [&] { return failed_at.size() == 2; });
    }
    REQUIRE(failed_at.size() == 2);
    CHECK(failed_at[1] - failed_at[0] >= 100ms);
    listener->pause();
    turn_for(loop, 150ms);
    CHECK(acceptor.streams.empty());
    listener->resume();
    REQUIRE(turn_until(loop, [&] { return acceptor.streams.size() == 1; }));
}

TEST_CASE("closing gracefully accepts everybody who is queued, then refuses", "[net][listener]") {
    Loop loop;
    Acceptor acceptor;
    auto set = std::make_unique<SocketSet>(bound("127.0.0.1:0", 2));
    const SocketAddress address = set->address().address;
    auto first = listen(loop, *set, acceptor, 0);
    auto second = listen(loop, *set, acceptor, 1);
    first->pause();
    second->pause();
    auto all = clients(*set, 300);
    set.reset();  // first the set, then every listener
    first->close_gracefully();
    second->close_gracefully();
    CHECK(acceptor.streams.size() == 300);
    CHECK_FALSE(Plain::connected_to(address).is_open());
    for (const auto& stream : acceptor.streams) CHECK(stream->write("hello"));
    for (Plain& client : all) REQUIRE(client.receive() == "hello");

    first->resume();  // all of no effect any more
    first->pause();
    first->close_gracefully();
    turn_for(loop, 10ms);
    CHECK(acceptor.streams.size() == 300);
}

TEST_CASE("who comes between the end of the set and that of the listener is refused, not lost",
          "[net][listener]") {
    TemporaryFolder folder;
    Loop loop;
    Acceptor acceptor;
    const bool is_unix = GENERATE(false, true);
    auto set = std::make_unique<SocketSet>(
        bound(is_unix ? "unix:" + folder.file("web.sock") : "127.0.0.1:0"));
    const auto listener = listen(loop, *set, acceptor);
    const SocketAddress address = set->address().address;
    const auto early = clients(*set, 3);
    if (is_unix) ::link(address.unix_path.c_str(), folder.file("kept").c_str());
    set.reset();
    if (is_unix) ::rename(folder.file("kept").c_str(), address.unix_path.c_str());
    // Of a TCP client that is not answered connect() ends when it asks again.
    auto late = std::async(std::launch::async, [&] { return Plain::connected_to(address); });
    REQUIRE(turn_until(loop, [&] { return acceptor.streams.size() == early.size(); }));
    if (is_unix) late.wait();
    turn_for(loop, 50ms);
    CHECK(acceptor.failures.empty());
    listener->close_gracefully();
    CHECK(acceptor.streams.size() == early.size());
    CHECK_FALSE(late.get().is_open());
}

TEST_CASE("a listener may be destroyed in its calls", "[net][listener]") {
    Loop loop;
    Acceptor acceptor;
    const SocketSet set = bound("127.0.0.1:0");
    auto listener = listen(loop, set, acceptor);
    const auto all = clients(set, 3);
    SECTION("when a client was accepted") {
        acceptor.when_accepted = [&] { listener.reset(); };
        REQUIRE(turn_until(loop, [&] { return listener == nullptr; }));
        CHECK(acceptor.streams.size() == 1);
    }
    SECTION("while it closes gracefully") {
        acceptor.when_accepted = [&] { listener.reset(); };
        listener->close_gracefully();
        CHECK(acceptor.streams.size() == 1);
    }
    SECTION("when accepting failed") {
        acceptor.when_failed = [&] { listener.reset(); };
        {
            const NoDescriptorsLeft exhausted;
            turn_until(loop, [&] { return listener == nullptr; });
        }
        CHECK(acceptor.streams.empty());
    }
    turn_for(loop, 10ms);
    CHECK(listener == nullptr);
}
