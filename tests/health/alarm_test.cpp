#include "health/alarm.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::health;
using namespace std::chrono_literals;

TEST_CASE("a loop's alarm calls once, at the last time that was set", "[health][alarm]") {
    net::Loop loop;
    LoopAlarm alarm{loop};
    int calls = 0;
    alarm.listen([&] { ++calls; });
    const Time now = loop.now();
    alarm.set(now + 1h);
    alarm.set(now);
    CHECK(calls == 0);
    while (calls == 0) loop.run_once();
    alarm.set(now + 1h);
    loop.timers().advance(now + 2h);
    CHECK(calls == 2);
    alarm.set(Time::max());
    loop.timers().advance(now + 24h);
    CHECK(calls == 2);
}
