#include "proxy/net/precise_timer.h"

#include <functional>
#include <memory>

#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;
using namespace std::chrono_literals;

namespace {

struct Sleeper {
    explicit Sleeper(Loop& loop) : timer(PreciseTimer::of<&Sleeper::wake>(loop, *this)) {}
    void wake() {
        ++calls;
        woken = std::chrono::steady_clock::now();
        if (when_woken) when_woken();
    }
    std::unique_ptr<PreciseTimer> timer;
    int calls = 0;
    Time woken{};
    std::function<void()> when_woken;
};

}  // namespace

TEST_CASE("a precise timer calls once and never early", "[net][precise_timer]") {
    Loop loop;
    Sleeper sleeper(loop);
    const Time due = std::chrono::steady_clock::now() + 1500us;
    sleeper.timer->set(due);
    CHECK(sleeper.timer->is_set());
    REQUIRE(turn_until(loop, [&] { return sleeper.calls > 0; }));
    CHECK(sleeper.woken >= due);
    CHECK_FALSE(sleeper.timer->is_set());
    turn_for(loop, 20ms);
    CHECK(sleeper.calls == 1);
}

TEST_CASE("a precise timer set in the past is called in the next turn", "[net][precise_timer]") {
    Loop loop;
    Sleeper sleeper(loop);
    sleeper.timer->set(Time{});
    loop.run_once();
    CHECK(sleeper.calls == 1);
}

TEST_CASE("a precise timer can be moved, cleared and set again by its own call",
          "[net][precise_timer]") {
    Loop loop;
    Sleeper sleeper(loop);
    sleeper.timer->set(std::chrono::steady_clock::now() + 1h);
    sleeper.timer->set(std::chrono::steady_clock::now() + 1ms);
    sleeper.when_woken = [&] {
        if (sleeper.calls < 3) sleeper.timer->set(std::chrono::steady_clock::now() + 100us);
    };
    REQUIRE(turn_until(loop, [&] { return sleeper.calls == 3; }));
    sleeper.timer->set(std::chrono::steady_clock::now() + 1ms);
    sleeper.timer->clear();
    turn_for(loop, 20ms);
    CHECK(sleeper.calls == 3);
}

TEST_CASE("a precise timer may be destroyed by its own call", "[net][precise_timer]") {
    Loop loop;
    Sleeper sleeper(loop);
    sleeper.when_woken = [&] { sleeper.timer.reset(); };
    sleeper.timer->set(Time{});
    REQUIRE(turn_until(loop, [&] { return sleeper.calls == 1; }));
    turn_for(loop, 10ms);
    CHECK(sleeper.calls == 1);
}
