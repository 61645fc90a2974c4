/// What the monitor keeps of one backend it checks. Private to health.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "health/damping.h"
#include "health/describe.h"
#include "health/monitor.h"
#include "health/thresholds.h"

namespace fairlead::health {

struct Monitor::Entry {
    Entry(std::shared_ptr<balancing::Backend> of, const conf::Check& settings, Verdict start)
        : backend(std::move(of)), check(settings), thresholds(settings, start) {}

    Streak streak() const {
        return {thresholds.streak(), thresholds.last_passed(), is_of_one_reason, streak_reason};
    }

    std::shared_ptr<balancing::SharedPool> pool;
    const std::shared_ptr<balancing::Backend> backend;
    conf::Check check;
    std::vector<SocketAddress> addresses;
    Reach reach;
    Thresholds thresholds;
    std::unique_ptr<Probe> probe;

    // ---- its turn
    std::optional<Turn> turn;  // its place among those waiting
    bool is_under_way = false;
    bool awaits_first_result = false;  // the first round is not over without it
    Time began{};                      // the check under way, or the last one

    // ---- what came of it
    Time state_since{};
    WallTime state_since_wall{};
    Damping damping;
    Time good_since{};                       // when the first of the passed ones at the end did
    std::uint32_t passed_while_ejected = 0;  // in a row
    bool is_of_one_reason = true;
    std::string streak_reason;
    std::optional<ProbeResult> last;
    WallTime last_at{};
    std::uint64_t passed = 0;
    std::uint64_t failed = 0;

    // ---- metrics, by Outcome
    telemetry::Counter* counters[3] = {};
    telemetry::Histogram* seconds = nullptr;
};

}  // namespace fairlead::health
