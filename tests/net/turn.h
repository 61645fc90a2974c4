/// Turning a loop until something has happened, in the tests of proxy/net.
#pragma once

#include "proxy/net/loop.h"
#include "proxy/net/timer_wheel.h"
#include "tests/support/catch.h"

namespace fairlead::net::test {

/// Turns the loop until `is_done` says so; false when that takes more than ten seconds. What it
/// asks must come with an event: it is asked after each turn, and a turn waits for the next one.
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

/// As turn_until, for what brings no event, such as that the peer's kernel has acknowledged: it is
/// asked again and again.
template <class Predicate>
bool look_until(Loop& loop, Predicate is_done) {
    const Time limit = loop.now() + std::chrono::seconds{10};
    while (!is_done()) {
        if (loop.now() > limit) return false;
        turn_for(loop, std::chrono::milliseconds{1});
    }
    return true;
}

}  // namespace fairlead::net::test
