// The new process's end, with old processes that die or do as they should not.
#include "tests/runtime/takeover_ends.h"

using namespace fairlead;
using namespace fairlead::runtime;
using namespace fairlead::runtime::test;

namespace {

/// The error of a client whose old process answers with this and closes.
Error failure_after(std::string_view answer) {
    ControlSocket control;
    auto beginning = begin_client(control);
    {
        const net::Descriptor connection = control.accept();
        say(connection, answer);
    }
    const BegunClient begun = beginning.get();
    REQUIRE_FALSE(begun);
    return begun.error();
}

/// An old process written by hand, behind its 101, and a client that has said hello.
struct Begun {
    explicit Begun(Duration most = std::chrono::seconds{10})
        : beginning(begin_client(control, most)) {
        net::Descriptor connection = control.accept();
        say(connection, kSwitching);
        old.emplace(std::move(connection));
    }
    void offer(const net::SocketSet& set, std::uint32_t count) {
        TakeoverOffer message;
        message.sockets.push_back({OfferedKind::Listener, "web", set.address(), count});
        tell(*old, message);
    }
    void give(const std::vector<int>& descriptors) {
        REQUIRE(old->put(TakeoverDescriptors{static_cast<std::uint32_t>(descriptors.size())},
                         descriptors));
        REQUIRE(old->flush());
    }
    std::string failure() {
        const BegunClient begun = beginning.get();
        REQUIRE_FALSE(begun);
        return begun.error().message;
    }

    ControlSocket control;
    std::future<BegunClient> beginning;
    std::optional<TakeoverChannel> old;
};

}  // namespace

TEST_CASE("without a running process the error tells what to do", "[runtime][takeover]") {
    net::test::TemporaryFolder folder;
    const std::string path = folder.path() + "/admin.sock";
    const BegunClient begun = TakeoverClient::begin(path, std::nullopt);
    REQUIRE_FALSE(begun);
    CHECK(begun.error().render() ==
          "error: no running process answers on " + path +
              ": No such file or directory\n"
              "  write its control socket as [admin] socket, or start without --takeover\n");
    CHECK_FALSE(TakeoverClient::begin(std::string(200, 'x'), std::nullopt));
}

TEST_CASE("an answer other than 101 is told in the old process's words", "[runtime][takeover]") {
    CHECK(failure_after("HTTP/1.1 409 Conflict\r\nContent-Length: 39\r\n\r\n"
                        "{\"error\":\"one is under way\",\"hint\":\"w\"}")
              .render() ==
          "error: the running process does not hand its sockets over: one is under way\n  w\n");
    CHECK(failure_after("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").render() ==
          "error: the running process does not hand its sockets over: HTTP/1.1 404 Not Found\n"
          "  it is of a release without takeover: stop it and start the other one\n");
    CHECK(failure_after("HTTP/1.1 500 Oops\r\nContent-Length: 99999999999\r\n\r\nx").message ==
          "the running process does not hand its sockets over: HTTP/1.1 500 Oops");
}

TEST_CASE("an old process that dies before it has given all is an error", "[runtime][takeover]") {
    const char* silent = "the running process does not answer the request for its sockets";
    CHECK(failure_after("").message == silent);
    CHECK(failure_after("HTTP/1.1 101 Switch").message == silent);
    const net::SocketSet set = bound("127.0.0.1:0", 2);
    Begun begun;
    enum Step { AfterSwitching, AfterOffer, AfterPart };
    const Step step = GENERATE(AfterSwitching, AfterOffer, AfterPart);
    if (step >= AfterOffer) begun.offer(set, 2);
    if (step >= AfterPart) begun.give({set.descriptor(0)});
    begun.old.reset();
    const std::string failure = begun.failure();
    // Which of the two depends on whether the hello was still on its way.
    CHECK((failure == "the other process closed the connection" ||
           failure.find("the other process cannot be ") == 0));
}

TEST_CASE("an old process that keeps silent is not waited for longer than allowed",
          "[runtime][takeover]") {
    Begun begun{std::chrono::milliseconds{50}};
    CHECK(begun.failure() == "the other process does not answer in time");
    ControlSocket control;
    auto beginning = begin_client(control, std::chrono::milliseconds{50});
    const net::Descriptor connection = control.accept();
    CHECK_FALSE(beginning.get());
}

TEST_CASE("an offer that is not kept is not believed", "[runtime][takeover]") {
    const net::SocketSet set = bound("127.0.0.1:0", 2);
    const net::SocketSet other = bound("127.0.0.1:0", 1);
    Begun begun;
    SECTION("a socket that listens elsewhere") {
        begun.offer(set, 1);
        begun.give({other.descriptor(0)});
        CHECK(begun.failure() == "the running process sends a socket that does not listen on " +
                                     set.address().text() + ", as it said");
    }
    SECTION("more sockets than offered") {
        begun.offer(set, 1);
        begun.give({set.descriptor(0), set.descriptor(1)});
        CHECK(begun.failure() == "the running process sends more sockets than it said");
    }
    SECTION("fewer descriptors than the message says") {
        begun.offer(set, 2);
        tell(*begun.old, TakeoverDescriptors{2});
        CHECK(begun.failure() == "the other process handed over 0 sockets of 2");
    }
    SECTION("something else than an offer") {
        tell(*begun.old, TakeoverReleased{});
        CHECK(begun.failure() == "the running process answers with something else");
    }
    SECTION("a refusal") {
        tell(*begun.old, TakeoverRefusal{"another version", "h"});
        CHECK(begun.failure() ==
              "the running process does not hand its sockets over: another version");
    }
}

TEST_CASE("an old process that dies once all is given is as good as one that let go",
          "[runtime][takeover]") {
    const net::SocketSet set = bound("127.0.0.1:0", 1);
    Begun begun;
    begun.offer(set, 1);
    begun.give({set.descriptor(0)});
    BegunClient client = begun.beginning.get();
    REQUIRE(client);
    net::Loop loop;
    std::optional<TakeoverEnd> how;
    const bool dies_before = GENERATE(true, false);
    if (dies_before) begun.old.reset();
    (*client)->ready(loop, [&](TakeoverEnd end, std::string) { how = end; });
    if (!dies_before) {
        REQUIRE(next_message(loop, *begun.old));  // hello
        const auto ready = next_message(loop, *begun.old);
        REQUIRE(ready);
        CHECK(std::holds_alternative<TakeoverReady>(*ready));
        CHECK_FALSE(how);
        begun.old.reset();
    }
    REQUIRE(net::test::turn_until(loop, [&] { return how.has_value(); }));
    CHECK(*how == TakeoverEnd::Gone);
    client->reset();
}

TEST_CASE("the end of a takeover may destroy the client", "[runtime][takeover]") {
    const net::SocketSet set = bound("127.0.0.1:0", 1);
    Begun begun;
    begun.offer(set, 1);
    begun.give({set.descriptor(0)});
    BegunClient client = begun.beginning.get();
    REQUIRE(client);
    net::Loop loop;
    (*client)->ready(loop, [&](TakeoverEnd, std::string) { client->reset(); });
    begun.old.reset();
    CHECK(net::test::turn_until(loop, [&] { return *client == nullptr; }));
}
