// What the monitor makes of results: counts, verdicts, states, and the words for them.
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "health/describe.h"
#include "health/entry.h"
#include "health/monitor.h"
#include "proxy/telemetry/log.h"

namespace fairlead::health {
namespace {

using balancing::State;

/// States a person or real traffic has set are not the checks' to change.
bool is_of_checks(State state) {
    return state == State::Unknown || state == State::Down || is_well(state);
}

/// After the first result of all, anywhere from here to the whole interval: those that began
/// together do not stay together.
constexpr double kFirstIntervalFrom = 0.25;

}  // namespace

void Monitor::on_result(Entry& entry, ProbeResult result) {
    assert(entry.is_under_way);
    entry.is_under_way = false;
    --in_flight_;
    entry.counters[static_cast<std::size_t>(result.outcome)]->add(metrics_.main_index());
    entry.last_at = clock_.wall();
    entry.last = std::move(result);

    const bool was_awaited = entry.awaits_first_result;
    if (entry.last->outcome == Outcome::Skipped) {
        // Once for all backends: what is missing is missing for each of them.
        if (!is_skipping_) {
            telemetry::log::warn("health checks cannot be made: {}", entry.last->reason);
        }
        is_skipping_ = true;
    } else {
        is_skipping_ = false;
        take_result(entry);
    }

    Duration interval = entry.thresholds.next_interval(random_);
    // Whether it can be used again is to be known soon.
    if (entry.backend->is_ejected()) {
        interval = std::min(interval, jittered(entry.check.every_changing, random_));
    }
    if (was_awaited && !entry.awaits_first_result) {
        const double part = kFirstIntervalFrom + (1.0 - kFirstIntervalFrom) * random_.unit();
        interval =
            Duration{static_cast<Duration::rep>(static_cast<double>(interval.count()) * part)};
    }
    schedule(entry, std::max(clock_.now(), entry.began + interval));
    begin_due();
    set_alarm();
}

void Monitor::take_result(Entry& entry) {
    const bool passed = entry.last->outcome == Outcome::Passed;
    entry.seconds->observe(metrics_.main_index(), entry.last->took);
    ++(passed ? entry.passed : entry.failed);
    entry.awaits_first_result = false;

    const bool goes_on = entry.thresholds.streak() > 0 && entry.thresholds.last_passed() == passed;
    entry.is_of_one_reason =
        !goes_on || (entry.is_of_one_reason && entry.streak_reason == entry.last->reason);
    entry.streak_reason = entry.last->reason;
    entry.passed_while_ejected = passed ? entry.passed_while_ejected + 1 : 0;
    const Time now = clock_.now();
    if (passed && !goes_on) entry.good_since = now;
    const bool may_rise = now - entry.good_since >= entry.damping.hold(now);
    const bool is_changed = entry.thresholds.note(passed, may_rise);
    if (is_changed) take_verdict(entry);
    if (entry.backend->is_ejected() && passed) note_checks_pass(entry, is_changed);
}

void Monitor::take_verdict(Entry& entry) {
    const State before = entry.backend->health();
    if (!is_of_checks(before)) return;
    const Time now = clock_.now();
    std::string why = describe(entry.streak(), " x ");
    if (entry.thresholds.verdict() == Verdict::Up) {
        const bool was_out = !entry.pool->has_usable();
        entry.pool->bring_up(*entry.backend, now);
        if (was_out && entry.pool->is_recovering(now)) hurry_the_others(entry);
        if (entry.backend->health() == State::Rising) {
            const Duration over = entry.pool->settings().slow_start.over;
            slow_starts_until_ = std::min(slow_starts_until_, now + over);
            why += fmt::format(", slow start over {}", brief(over));
        }
    } else {
        if (is_well(before)) entry.damping.note_down(now);
        entry.backend->set_state(State::Down, now);
    }
    state_changed(entry, before, why);
    if (entry.backend->health() == State::Down && before != State::Down && on_out_ != nullptr) {
        on_out_(entry.backend);
    }
}

/// Of a pool that was out as a whole: where one is back the others may be.
void Monitor::hurry_the_others(const Entry& than) {
    for (const auto& [name, entry] : entries_) {
        if (entry->pool == than.pool && entry->backend->health() == State::Down) hurry(*entry);
    }
}

void Monitor::end_slow_starts() {
    const Time now = clock_.now();
    if (now < slow_starts_until_) return;
    slow_starts_until_ = Time::max();
    for (const auto& [name, traffic] : traffic_) {
        const auto& pool = traffic.ejection.pool();
        if (!pool->settings().has_checks) end_slow_start_without_checks(*pool);
    }
    std::vector<Entry*> rising;
    for (const auto& [name, entry] : entries_) {
        if (entry->backend->health() == State::Rising) rising.push_back(entry.get());
    }
    for (Entry* entry : rising) {
        slow_starts_until_ = std::min(slow_starts_until_, after(now, entry->pool->tick(now)));
    }
    for (Entry* entry : rising) {
        if (entry->backend->health() == State::Up && !entry->backend->is_ejected()) {
            state_changed(*entry, State::Rising, "slow start is over");
        }
    }
}

void Monitor::state_changed(Entry& entry, State before, std::string_view why) {
    const State state = entry.backend->health();
    if (state == before) return;
    const Time now = clock_.now();
    const std::string line =
        describe(Change{entry.pool->name(), entry.backend->name(), entry.backend->address().text(),
                        before, state, now - entry.state_since, why});
    if (state == State::Down) {
        telemetry::log::warn("{}", line);
    } else {
        telemetry::log::info("{}", line);
    }
    entry.state_since = now;
    entry.state_since_wall = clock_.wall();
    if (on_changed_ != nullptr) on_changed_();
}

std::string Monitor::reason(const Entry& entry) const {
    const Time now = clock_.now();
    std::string text;
    if (entry.backend->health() == State::Rising) {
        const Duration over = entry.pool->settings().slow_start.over;
        text = fmt::format("slow start, {} left; ", brief(entry.state_since + over - now));
    }
    if (!entry.last) {
        text += "no result yet";
    } else if (entry.last->outcome == Outcome::Skipped) {
        text += fmt::format("check cannot be made: {}, last {}", entry.last->reason,
                            time_of_day(entry.last_at));
    } else {
        text += fmt::format("{}, last {}", describe(entry.streak()), time_of_day(entry.last_at));
    }
    const Duration hold = entry.damping.hold(now) - (now - entry.good_since);
    if (entry.thresholds.verdict() == Verdict::Down && entry.thresholds.last_passed() &&
        hold > Duration::zero()) {
        text += fmt::format(", has to pass for {} more after {} times down in 10m", brief(hold),
                            entry.damping.downs(now));
    }
    if (entry.is_under_way) return text + "; checking now";
    if (!entry.turn) return text;
    return text + fmt::format("; next check in {}", brief(entry.turn->first - now));
}

/// What a person said goes first; what the checks say is still worth knowing.
void Monitor::add_admin(const balancing::Backend& backend, Health& health) const {
    if (backend.admin() == balancing::AdminState::Ready) return;
    health.reason = fmt::format("{} was asked for; {}", word(backend.admin()), health.reason);
    health.since = clock_.wall() -
                   std::chrono::duration_cast<WallTime::duration>(clock_.now() - backend.since());
}

Health Monitor::health(const balancing::SharedPool& pool, const balancing::Backend& backend) const {
    Health health;
    health.state = backend.state();
    const auto found = entries_.find(Name{pool.name(), backend.name()});
    if (found == entries_.end() || found->second->backend.get() != &backend) {
        health.reason = "no check";
        health.since = began_;
        add_ejection(pool, backend, health);
        add_admin(backend, health);
        return health;
    }
    const Entry& entry = *found->second;
    health.reason = reason(entry);
    health.since = entry.state_since_wall;
    add_ejection(pool, backend, health);
    add_admin(backend, health);
    health.last = entry.last;
    if (entry.last) health.last_at = entry.last_at;
    health.passed = entry.passed;
    health.failed = entry.failed;
    return health;
}

}  // namespace fairlead::health
