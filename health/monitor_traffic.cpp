// What the monitor makes of real traffic: who goes out, who comes back, and the words for it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "health/describe.h"
#include "health/entry.h"
#include "health/monitor.h"
#include "proxy/telemetry/log.h"

namespace fairlead::health {
namespace {

using balancing::Ejection;
using balancing::State;
using telemetry::Metric;

/// "5 requests in a row failed, the last with no connection"
std::string describe_verdict(const Ejection::Verdict& verdict) {
    if (verdict.cause == Ejection::Cause::Row) {
        return fmt::format("{} requests in a row failed, the last with {}", verdict.failures,
                           word(verdict.last));
    }
    return fmt::format("{} of the last {} requests failed, {:.0f}% on the others", verdict.failures,
                       verdict.requests, verdict.others * 100);
}

std::string_view why_back(Ejection::Step step) {
    switch (step) {
        case Ejection::Step::TimeIsUp:
            return "its time out is over";
        case Ejection::Step::NobodyIsBetter:
            return "no other does better";
        case Ejection::Step::ChecksPass:
            return "its checks pass";
        default:
            return "\"passive\" is off";
    }
}

}  // namespace

void Monitor::watch_traffic(std::shared_ptr<balancing::SharedPool> pool) {
    const auto found = traffic_.find(pool->name());
    if (found != traffic_.end()) {
        Traffic& traffic = found->second;
        traffic.ejection.apply(std::move(pool));
        std::erase_if(traffic.ejections, [&](const auto& each) {
            if (traffic.ejection.pool()->find(each.first) != nullptr) return false;
            metrics_.unlist(Metric::EjectionsTotal, {found->first, each.first});
            return true;
        });
        return;
    }
    const std::string name = pool->name();
    traffic_.emplace(name, Traffic{Ejection{std::move(pool)}, {}});
    next_look_ = std::min(next_look_, clock_.now() + balancing::kEjectionLook);
    set_alarm();
}

void Monitor::forget_traffic(std::string_view pool_name) {
    const auto found = traffic_.find(pool_name);
    if (found == traffic_.end()) return;
    for (const auto& [backend, counter] : found->second.ejections) {
        metrics_.unlist(Metric::EjectionsTotal, {pool_name, backend});
    }
    traffic_.erase(found);
    if (traffic_.empty()) next_look_ = Time::max();
    set_alarm();
}

void Monitor::look_at_traffic() {
    const Time now = clock_.now();
    if (now < next_look_) return;
    next_look_ = now + balancing::kEjectionLook;
    for (auto& [name, traffic] : traffic_) {
        for (const Ejection::Event& event : traffic.ejection.step(now)) take_event(traffic, event);
    }
}

void Monitor::take_event(Traffic& traffic, const Ejection::Event& event) {
    const Time now = clock_.now();
    const balancing::SharedPool& pool = *traffic.ejection.pool();
    const balancing::Backend& backend = *event.backend;
    const auto known = by_backend_.find(&backend);
    const bool is_out = event.step == Ejection::Step::Ejected;
    std::string why;
    if (is_out) {
        why = describe_verdict(event.verdict) +
              fmt::format("; out for {}", brief(event.verdict.until - now));
        if (event.verdict.times > 1) why += fmt::format(", {} times lately", event.verdict.times);
        telemetry::Counter*& counter = traffic.ejections[backend.name()];
        if (counter == nullptr) {
            counter = &metrics_.counter(Metric::EjectionsTotal, {pool.name(), backend.name()});
        }
        counter->add(metrics_.main_index());
        if (known != by_backend_.end()) {
            known->second->passed_while_ejected = 0;
            hurry(*known->second);
        }
    } else {
        why = why_back(event.step);
        if (backend.state() == State::Rising) {
            const Duration over = pool.settings().slow_start.over;
            slow_starts_until_ = std::min(slow_starts_until_, now + over);
            why += fmt::format(", slow start over {}", brief(over));
        }
    }
    if (backend.state() == event.before) return;  // checks have found it down meanwhile
    const std::string line =
        describe(Change{pool.name(), backend.name(), backend.address().text(),
                        event.lasted == now - Time{} ? State::Unknown : event.before,
                        backend.state(), event.lasted, why});
    if (is_out) {
        telemetry::log::warn("{}", line);
    } else {
        telemetry::log::info("{}", line);
    }
    if (known != by_backend_.end()) {
        known->second->state_since = now;
        known->second->state_since_wall = clock_.wall();
    }
    if (on_changed_ != nullptr) on_changed_();
    if (is_out && on_out_ != nullptr) on_out_(event.backend);
}

/// The check's next turn is now.
void Monitor::hurry(Entry& entry) {
    if (!entry.turn) return;
    waiting_.erase(*entry.turn);
    entry.turn.reset();
    schedule(entry, clock_.now());
}

/// @param was_down  by its checks, until now
void Monitor::note_checks_pass(const Entry& entry, bool was_down) {
    const auto found = traffic_.find(entry.pool->name());
    if (found == traffic_.end()) return;
    Traffic& traffic = found->second;
    const Time now = clock_.now();
    std::optional<Ejection::Event> event;
    if (was_down) {
        event = traffic.ejection.note_recovered(*entry.backend, now);
    } else if (entry.passed_while_ejected >= entry.check.rise) {
        event = traffic.ejection.note_checks_pass(*entry.backend, now);
    }
    if (event) take_event(traffic, *event);
}

void Monitor::end_slow_start_without_checks(balancing::SharedPool& pool) {
    const Time now = clock_.now();
    std::vector<const balancing::Backend*> rising;
    for (const auto& backend : pool.backends()) {
        if (backend->state() == State::Rising) rising.push_back(backend.get());
    }
    slow_starts_until_ = std::min(slow_starts_until_, after(now, pool.tick(now)));
    for (const balancing::Backend* const backend : rising) {
        if (backend->state() != State::Unknown) continue;
        telemetry::log::info(
            "{}", describe(Change{pool.name(), backend->name(), backend->address().text(),
                                  State::Rising, State::Unknown, pool.settings().slow_start.over,
                                  "slow start is over"}));
        if (on_changed_ != nullptr) on_changed_();
    }
}

void Monitor::add_ejection(const balancing::SharedPool& pool, const balancing::Backend& backend,
                           Health& health) const {
    const bool is_slow_start = backend.state() == State::Rising && !pool.settings().has_checks;
    if (backend.state() != State::Ejected && !is_slow_start) return;
    const Time now = clock_.now();
    health.since =
        clock_.wall() - std::chrono::duration_cast<WallTime::duration>(now - backend.since());
    if (is_slow_start) {
        const Duration over = pool.settings().slow_start.over;
        health.reason = fmt::format("slow start, {} left; {}", brief(backend.since() + over - now),
                                    health.reason);
        return;
    }
    const auto found = traffic_.find(pool.name());
    if (found == traffic_.end()) return;
    if (const Ejection::Verdict* const verdict = found->second.ejection.verdict(backend)) {
        health.reason =
            fmt::format("{} at {}, back in {}; {}", describe_verdict(*verdict),
                        time_of_day(health.since), brief(verdict->until - now), health.reason);
    }
}

}  // namespace fairlead::health
