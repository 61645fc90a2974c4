#include "proxy/net/next_turn.h"

#include <functional>
#include <memory>

#include "proxy/net/uv_stream.h"
#include "tests/net/observers.h"
#include "tests/net/sockets.h"
#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;

namespace {

struct Caller {
    explicit Caller(Loop& loop) : next(NextTurn::of<&Caller::on_turn>(loop, *this)) {}
    void on_turn() {
        ++calls;
        if (when_called) when_called();
    }
    int calls = 0;
    std::function<void()> when_called;
    NextTurn next;
};

}  // namespace

TEST_CASE("the next turn calls once for all that asked for it, and does not wait") {
    Loop loop;
    Caller caller(loop);
    caller.next.ask();
    caller.next.ask();
    CHECK(caller.calls == 0);
    loop.run_once();  // would wait without end: nothing else is there
    CHECK(caller.calls == 1);
    loop.run_once(false);
    CHECK(caller.calls == 1);
}

TEST_CASE("events are looked at between two turns of one that asks again and again") {
    Loop loop;
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    Plain other{ends[1]};
    Recorder heard;
    auto stream = adopt(loop, ends[0]);
    stream->set_observer(heard);
    stream->start_reading();
    Caller caller(loop);
    caller.when_called = [&] { caller.next.ask(); };
    caller.next.ask();
    loop.run_once();
    REQUIRE(other.send("bytes"));
    loop.run_once();
    loop.run_once();
    CHECK(heard.received == "bytes");
    CHECK(caller.calls == 3);
    close(loop, std::move(stream));
}

TEST_CASE("who asked may go before its turn, or in it") {
    Loop loop;
    auto caller = std::make_unique<Caller>(loop);
    SECTION("before") {
        caller->next.ask();
        caller.reset();
        loop.run_once(false);
    }
    SECTION("in it") {
        caller->when_called = [&] { caller.reset(); };
        caller->next.ask();
        loop.run_once();
        CHECK(caller == nullptr);
    }
}

TEST_CASE("turns are counted") {
    Loop loop;
    Caller caller(loop);
    caller.when_called = [&] { caller.next.ask(); };
    caller.next.ask();
    const std::uint64_t before = loop.turn();
    loop.run_once(false);
    loop.run_once(false);
    CHECK(loop.turn() == before + 2);
}
