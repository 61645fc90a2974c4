/// Turning a loop until something has happened, in the tests of proxy/net.
#pragma once

#include "proxy/net/loop.h"
#include "proxy/net/timer_wheel.h"
#include "tests/support/catch.h"

namespace fairlead::net::test {

/// Turns the loop until `is_done` says so; false when that takes more than ten seconds.
template <class Predicate>
bool turn_until(Loop& loop, Predicate is_done) {
    struct Alarm {
        bool rang = false;
        void ring() { rang = true; }
    } alarm;
    Deadline limit = Deadline::of<&Alarm::ring>(loop.timers(), alarm);
    limit.set(loop.now() + std::chrono::seconds{10});
    while (!is_done()) {
        if (alarm.rang) return false;
        loop.run_once();
    }
    return true;
}

/// Turns the loop for so long: for proofs that something does not happen.
inline void turn_for(Loop& loop, Duration duration) {
    struct Alarm {
        bool rang = false;
        void ring() { rang = true; }
    } alarm;
    Deadline limit = Deadline::of<&Alarm::ring>(loop.timers(), alarm);
    limit.set(loop.now() + duration);
    while (!alarm.rang) loop.run_once();
}

}  // namespace fairlead::net::test
