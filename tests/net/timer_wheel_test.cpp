#include "proxy/net/timer_wheel.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;
using namespace std::chrono_literals;

namespace {

/// A deadline under a fake clock that knows when it was called.
struct Sleeper {
    explicit Sleeper(TimerWheel& wheel) : deadline(Deadline::of<&Sleeper::wake>(wheel, *this)) {}
    void wake() {
        ++calls;
        if (when_woken) when_woken();
    }
    Deadline deadline;
    int calls = 0;
    std::function<void()> when_woken;
};

/// Any zero point will do; a machine has been up for a while.
constexpr Time kStart{Duration{86400s}};
/// What one tick may add.
constexpr Duration kLateMax = 16ms;

}  // namespace

TEST_CASE("a deadline is called once, not early and at most two ticks late", "[net][timer_wheel]") {
    Loop loop;
    TimerWheel& wheel = loop.timers();
    wheel.advance(kStart);
    Sleeper sleeper{wheel};
    sleeper.deadline.set(kStart + 100ms);
    CHECK(sleeper.deadline.is_set());
    CHECK(sleeper.deadline.when() == kStart + 100ms);

    wheel.advance(kStart + 100ms - 1ns);
    CHECK(sleeper.calls == 0);
    wheel.advance(kStart + 100ms + kLateMax);
    CHECK(sleeper.calls == 1);
    CHECK_FALSE(sleeper.deadline.is_set());
    wheel.advance(kStart + 1h);
    CHECK(sleeper.calls == 1);
}

TEST_CASE("a deadline moved later is called at the later time only", "[net][timer_wheel]") {
    Loop loop;
    TimerWheel& wheel = loop.timers();
    wheel.advance(kStart);
    Sleeper sleeper{wheel};
    sleeper.deadline.set(kStart + 1s);
    sleeper.deadline.set(kStart + 3s);
    wheel.advance(kStart + 2s);
    CHECK(sleeper.calls == 0);
    wheel.advance(kStart + 3s + kLateMax);
    CHECK(sleeper.calls == 1);
}

TEST_CASE("a deadline moved earlier is called at the earlier time", "[net][timer_wheel]") {
    Loop loop;
    TimerWheel& wheel = loop.timers();
    wheel.advance(kStart);
    Sleeper sleeper{wheel};
    sleeper.deadline.set(kStart + 3s);
    sleeper.deadline.set(kStart + 1s);
    wheel.advance(kStart + 1s + kLateMax);
    CHECK(sleeper.calls == 1);
    wheel.advance(kStart + 4s);
    CHECK(sleeper.calls == 1);
}

TEST_CASE("a deadline in the past is called at the next tick", "[net][timer_wheel]") {
    Loop loop;
    TimerWheel& wheel = loop.timers();
    wheel.advance(kStart);
    Sleeper sleeper{wheel};
    sleeper.deadline.set(kStart - 1h);
    wheel.advance(kStart + kLateMax);
    CHECK(sleeper.calls == 1);
}

TEST_CASE("a deadline beyond the wheel's round is called in time", "[net][timer_wheel]") {
    Loop loop;
    TimerWheel& wheel = loop.timers();
    wheel.advance(kStart);
    Sleeper sleeper{wheel};
    sleeper.deadline.set(kStart + 1h);
    for (Time now = kStart; now < kStart + 1h; now += 7s) {
        wheel.advance(now);
        REQUIRE(sleeper.calls == 0);
    }
    wheel.advance(kStart + 1h + kLateMax);
    CHECK(sleeper.calls == 1);
}

TEST_CASE("a cleared or destroyed deadline is not called", "[net][timer_wheel]") {
    Loop loop;
    TimerWheel& wheel = loop.timers();
    wheel.advance(kStart);
    Sleeper cleared{wheel};
    Sleeper never{wheel};
    auto destroyed = std::make_unique<Sleeper>(wheel);
    Sleeper neighbour{wheel};
    for (Sleeper* each : {&cleared, destroyed.get(), &neighbour, &never}) {
        each->deadline.set(kStart + 50ms);
    }
    cleared.deadline.clear();
    never.deadline.set(Time::max());
    CHECK_FALSE(cleared.deadline.is_set());
    CHECK_FALSE(never.deadline.is_set());
    destroyed.reset();
    wheel.advance(kStart + 10s);
    CHECK(cleared.calls == 0);
    CHECK(never.calls == 0);
    CHECK(neighbour.calls == 1);

    cleared.deadline.set(kStart + 20s);
    wheel.advance(kStart + 21s);
    CHECK(cleared.calls == 1);
}

TEST_CASE("a callback may set, clear and destroy any deadline that is due with it",
          "[net][timer_wheel]") {
    Loop loop;
    TimerWheel& wheel = loop.timers();
    wheel.advance(kStart);

    // All three are due together; the first to be called acts on the others.
    std::array<std::unique_ptr<Sleeper>, 3> sleepers;
    int calls = 0;
    for (auto& sleeper : sleepers) {
        sleeper = std::make_unique<Sleeper>(wheel);
        sleeper->deadline.set(kStart + 50ms);
    }
    SECTION("destroys the others") {
        for (auto& sleeper : sleepers) {
            sleeper->when_woken = [&, self = sleeper.get()] {
                ++calls;
                for (auto& other : sleepers) {
                    if (other.get() != self) other.reset();
                }
            };
        }
        wheel.advance(kStart + 1s);
        CHECK(calls == 1);
    }
    SECTION("destroys itself") {
        for (auto& sleeper : sleepers) {
            sleeper->when_woken = [&] {
                ++calls;
                const auto end = std::move(sleeper);  // the closure dies with it: nothing follows
            };
        }
        wheel.advance(kStart + 1s);
        CHECK(calls == 3);
    }
    SECTION("clears the others") {
        for (auto& sleeper : sleepers) {
            sleeper->when_woken = [&] {
                ++calls;
                for (auto& other : sleepers) other->deadline.clear();
            };
        }
        wheel.advance(kStart + 1s);
        CHECK(calls == 1);
    }
    SECTION("moves the others later") {
        for (auto& sleeper : sleepers) {
            sleeper->when_woken = [&, self = sleeper.get()] {
                ++calls;
                if (calls > 1) return;
                for (auto& other : sleepers) {
                    if (other.get() != self) other->deadline.set(kStart + 2s);
                }
            };
        }
        wheel.advance(kStart + 1s);
        CHECK(calls == 1);
        wheel.advance(kStart + 3s);
        CHECK(calls == 3);
    }
    SECTION("sets itself again") {
        Sleeper& first = *sleepers[0];
        first.when_woken = [&] { first.deadline.set(kStart + 2s); };
        wheel.advance(kStart + 1s);
        CHECK(first.calls == 1);
        wheel.advance(kStart + 2s + kLateMax);
        CHECK(first.calls == 2);
    }
    SECTION("sets itself into the past: that is the next tick, not an endless loop") {
        Sleeper& first = *sleepers[0];
        first.when_woken = [&] {
            if (first.calls < 100) first.deadline.set(kStart);
        };
        wheel.advance(kStart + 1s);
        CHECK(first.calls == 1);
        wheel.advance(kStart + 1s + kLateMax);
        CHECK(first.calls == 2);
    }
}

TEST_CASE("a hundred thousand random deadlines are never early and at most 16 ms late",
          "[net][timer_wheel]") {
    Loop loop;
    TimerWheel& wheel = loop.timers();
    std::mt19937_64 random{20240607};
    const auto up_to = [&](Duration most) {
        return Duration{
            static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most.count() + 1))};
    };

    struct Watched {
        Watched(TimerWheel& wheel, Time& clock)
            : now(clock), deadline(Deadline::of<&Watched::wake>(wheel, *this)) {}
        void wake() {
            ++calls;
            called_at = now;
        }
        void set(Time when) {
            due = when;
            deadline.set(when);
        }
        Time& now;
        Deadline deadline;
        Time due{};
        Time called_at{};
        int calls = 0;
    };

    Time now = kStart;
    wheel.advance(now);
    constexpr std::size_t kCount = 100'000;
    std::deque<Watched> all;
    for (std::size_t i = 0; i < kCount; ++i) {
        all.emplace_back(wheel, now).set(now + 1ms + up_to(120s));
    }
    // A tenth of them moves at some time before the first is due: later, or earlier.
    for (std::size_t i = 0; i < kCount; i += 10) all[i].set(now + 1ms + up_to(120s));

    const Time end = now + 121s;
    while (now < end) {
        now += 1us + up_to(2ms);
        wheel.advance(now);
    }
    std::size_t early = 0;
    std::size_t late = 0;
    std::size_t not_once = 0;
    for (const Watched& each : all) {
        if (each.calls != 1) ++not_once;
        if (each.called_at < each.due) ++early;
        if (each.called_at > each.due + kLateMax) ++late;
    }
    CHECK(not_once == 0);
    CHECK(early == 0);
    CHECK(late == 0);
}

TEST_CASE("the loop is woken for a deadline, and not at all when none is armed",
          "[net][timer_wheel]") {
    Loop loop;
    TimerWheel& wheel = loop.timers();
    CHECK_FALSE(wheel.is_armed());
    loop.run_once();  // would wait forever if anything were active

    {
        Sleeper sleeper{wheel};
        const Time start = std::chrono::steady_clock::now();
        sleeper.deadline.set(loop.now() + 30ms);
        CHECK(wheel.is_armed());
        while (sleeper.calls == 0) loop.run_once();
        CHECK(std::chrono::steady_clock::now() - start >= 30ms);
        CHECK_FALSE(wheel.is_armed());

        sleeper.deadline.set(loop.now() + 1h);
        CHECK(wheel.is_armed());
    }
    CHECK_FALSE(wheel.is_armed());  // the last one was destroyed
    loop.run_once();
}

TEST_CASE("an earlier deadline set later wakes the loop first", "[net][timer_wheel]") {
    Loop loop;
    Sleeper far{loop.timers()};
    Sleeper near{loop.timers()};
    far.deadline.set(loop.now() + 1h);
    loop.run_once(false);
    near.deadline.set(loop.now() + 20ms);
    while (near.calls == 0) loop.run_once();
    CHECK(far.calls == 0);
}

TEST_CASE("moving a deadline later on every byte wakes the loop once per old slot, not per byte",
          "[net][timer_wheel]") {
    Loop loop;
    TimerWheel& wheel = loop.timers();
    wheel.advance(kStart);
    Sleeper sleeper{wheel};
    for (int i = 0; i < 100'000; ++i)
        sleeper.deadline.set(kStart + 1s + std::chrono::microseconds{i});
    wheel.advance(kStart + 1s + kLateMax);
    CHECK(sleeper.calls == 0);  // 1.1 s is the last word
    wheel.advance(kStart + 1100ms + kLateMax);
    CHECK(sleeper.calls == 1);
}
