// Both ends together, as two processes use them.
#include "tests/runtime/takeover_ends.h"

using namespace fairlead;
using namespace fairlead::runtime;
using namespace fairlead::runtime::test;
using net::test::Plain;
using net::test::turn_until;

namespace {

/// A takeover that has been given, not yet ready.
struct Given {
    explicit Given(OldProcess& old, TakeoverLimits limits = {}) {
        auto beginning = begin_client(control);
        net::Descriptor connection = control.accept();
        say(connection, kSwitching);
        auto made = TakeoverServer::make(loop, std::move(connection), "", old, limits);
        REQUIRE(made);
        server = std::move(*made);
        BegunClient begun = finish(loop, beginning);
        if (!begun) FAIL(begun.error().message);
        client = std::move(*begun);
    }
    /// Tells the old one, and turns until it ended.
    TakeoverEnd ready() {
        std::optional<TakeoverEnd> how;
        client->ready(loop, [&](TakeoverEnd end, std::string) { how = end; });
        REQUIRE(turn_until(loop, [&] {
            if (on_turn) on_turn();
            return how.has_value();
        }));
        return *how;
    }

    ControlSocket control;
    net::Loop loop;
    std::unique_ptr<TakeoverServer> server;
    std::unique_ptr<TakeoverClient> client;
    std::function<void()> on_turn;
};

}  // namespace

TEST_CASE("the new process gets every socket and the state, and the old one is told to let go",
          "[runtime][takeover]") {
    net::test::TemporaryFolder folder;
    OldProcess old;
    old.sets.push_back(bound("127.0.0.1:0", 2));
    old.sets.push_back(bound(":0", 1));
    old.sets.push_back(bound("unix:" + folder.file("web.sock")));
    old.state = std::string(300'000, 's');  // more than a socket's buffer
    Given takeover{old};
    CHECK(takeover.control.request.starts_with("POST /api/v1/takeover HTTP/1.1\r\n"));
    CHECK(takeover.control.request.find("\r\nUpgrade: fairlead-takeover\r\n") != std::string::npos);
    CHECK(takeover.control.request.find("\r\nFairlead-Takeover-Version: 1\r\n") !=
          std::string::npos);
    CHECK(takeover.client->state() == old.state);
    CHECK(takeover.client->old_pid() == ::getpid());
    CHECK(takeover.server->pid() == ::getpid());
    CHECK(old.begun == 1);
    CHECK(old.ready == 0);

    // A client that waits in the queue of the old one is served by the new one.
    const Plain waiting = Plain::connected_to(old.sets[0].address().address);
    InheritedSockets inherited = takeover.client->take_sockets();
    std::vector<net::SocketSet> sets;
    for (const net::SocketSet& each : old.sets) {
        auto adopted = inherited.adopt(each.address());
        REQUIRE((adopted && *adopted));
        CHECK((*adopted)->descriptors().size() == each.descriptors().size());
        sets.push_back(std::move(**adopted));
    }
    CHECK(inherited.empty());

    takeover.on_turn = [&] {
        if (old.ready == 0 || !takeover.server->is_under_way()) return;
        for (net::SocketSet& each : old.sets) each.leave();
        old.sets.clear();
        takeover.server->release();
    };
    CHECK(takeover.ready() == TakeoverEnd::Released);
    CHECK(old.failure.empty());
    const net::Descriptor first{::accept4(sets[0].descriptor(0), nullptr, nullptr, SOCK_CLOEXEC)};
    const net::Descriptor second{::accept4(sets[0].descriptor(1), nullptr, nullptr, SOCK_CLOEXEC)};
    CHECK((first.is_open() || second.is_open()));
    CHECK(Plain::connected_to(sets[2].address().address).is_open());
}

TEST_CASE("more sockets than one message takes come in several", "[runtime][takeover]") {
    OldProcess old;
    old.sets.push_back(bound("127.0.0.1:0", 251));
    old.sets.push_back(bound("127.0.0.1:0", 5));
    const Given takeover{old};
    InheritedSockets inherited = takeover.client->take_sockets();
    const auto many = inherited.adopt(old.sets[0].address());
    const auto few = inherited.adopt(old.sets[1].address());
    REQUIRE((many && *many && few && *few));
    CHECK((*many)->descriptors().size() == 251);
    CHECK((*few)->descriptors().size() == 5);
}

TEST_CASE("a new process that dies before it is ready changes nothing", "[runtime][takeover]") {
    OldProcess old;
    old.sets.push_back(bound("127.0.0.1:0"));
    Given takeover{old};
    takeover.client.reset();
    REQUIRE(turn_until(takeover.loop, [&] { return !old.failure.empty(); }));
    CHECK(old.failure == "the other process closed the connection");
    CHECK_FALSE(takeover.server->is_under_way());
    CHECK(old.ready == 0);
    CHECK(old.serves());
}

TEST_CASE("a new process that dies once it is ready does not disturb the end of the old one",
          "[runtime][takeover]") {
    OldProcess old;
    old.sets.push_back(bound("127.0.0.1:0"));
    Given takeover{old};
    takeover.client->ready(takeover.loop, [](TakeoverEnd, std::string) {});
    REQUIRE(turn_until(takeover.loop, [&] { return old.ready == 1; }));
    takeover.client.reset();
    takeover.server->release();
    CHECK(old.failure.empty());
}

TEST_CASE("a new process that takes too long is refused, and knows it", "[runtime][takeover]") {
    OldProcess old;
    old.sets.push_back(bound("127.0.0.1:0"));
    TakeoverLimits limits;
    limits.ready = std::chrono::milliseconds{50};
    Given takeover{old, limits};
    REQUIRE(turn_until(takeover.loop, [&] { return !old.failure.empty(); }));
    CHECK(old.failure == "the new process was not ready within 0 s");
    takeover.server.reset();
    CHECK(takeover.ready() == TakeoverEnd::Refused);
    CHECK(old.ready == 0);
    CHECK(old.serves());
}

TEST_CASE("an old process that gives up or is stopped meanwhile says so", "[runtime][takeover]") {
    OldProcess old;
    old.sets.push_back(bound("127.0.0.1:0"));
    Given takeover{old};
    takeover.server.reset();
    CHECK(takeover.ready() == TakeoverEnd::Refused);
}

TEST_CASE("a takeover that comes at the wrong time is told why", "[runtime][takeover]") {
    ControlSocket control;
    net::Loop loop;
    auto beginning = begin_client(control);
    net::Descriptor connection = control.accept();
    say(connection, kSwitching);
    TakeoverServer::refuse(std::move(connection),
                           {"a reload waits to be confirmed", "ask again later", {}});
    const BegunClient client = finish(loop, beginning);
    REQUIRE_FALSE(client);
    CHECK(client.error().message ==
          "the running process does not hand its sockets over: a reload waits to be confirmed");
    CHECK(client.error().hint == "ask again later");
}
