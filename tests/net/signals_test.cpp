#include "proxy/net/signals.h"

#include <csignal>
#include <memory>

#include "tests/net/turn.h"

using namespace fairlead::net;
using namespace fairlead::net::test;

TEST_CASE("a signal becomes a call on the loop as long as it is watched", "[net][signals]") {
    Loop loop;
    int calls = 0;
    {
        SignalWatch watch{loop, SIGUSR1, [&] { ++calls; }};
        ::raise(SIGUSR1);
        CHECK(calls == 0);  // not in the signal handler
        REQUIRE(turn_until(loop, [&] { return calls == 1; }));
        ::raise(SIGUSR1);
        REQUIRE(turn_until(loop, [&] { return calls == 2; }));
    }
    ignore_sigpipe();
    ::raise(SIGPIPE);  // would end this program
    CHECK(calls == 2);
}

TEST_CASE("a signal's call may end the watch", "[net][signals]") {
    Loop loop;
    int calls = 0;
    std::unique_ptr<SignalWatch> watch;
    watch = std::make_unique<SignalWatch>(loop, SIGUSR2, [&] {
        ++calls;
        watch.reset();
    });
    ::raise(SIGUSR2);
    REQUIRE(turn_until(loop, [&] { return calls == 1; }));
    CHECK(watch == nullptr);
}
