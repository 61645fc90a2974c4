/// How health is told to people: the reason on the status page, the lines in the log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "balancing/state.h"
#include "proxy/base/clock.h"

namespace fairlead::health {

/// The results at the end that were of one kind.
struct Streak {
    std::uint32_t count = 0;
    bool passed = false;
    bool is_of_one_reason = true;  ///< when failed
    std::string_view reason;       ///< when failed: the last one's
};

/// "3 connect refused" · "3 x connect refused" (`times` is " x ") · "3 failed, the last with
/// connect refused" · "2 passed"
std::string describe(const Streak& streak, std::string_view times = " ");

/// "0.4s", "12s", "2m10s": as exact as a person wants it.
std::string brief(Duration duration);
/// "12:03:07", UTC.
std::string time_of_day(WallTime when);

/// One change of state, as logged.
struct Change {
    std::string_view pool;
    std::string_view backend;
    std::string_view address;
    balancing::State before;
    balancing::State after;
    Duration lasted;       ///< the state before
    std::string_view why;  ///< "3 x connect refused"
};

/// "pool app: backend b1 (127.0.0.1:3001) is down: 3 x connect refused, was up for 2m10s"
std::string describe(const Change& change);

}  // namespace fairlead::health
