#include "health/monitor.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "health/entry.h"
#include "health/thresholds.h"

namespace fairlead::health {
namespace {

using balancing::State;
using telemetry::Metric;

/// What a backend is taken for: one that is taken over by a reload has a state already.
Verdict known_verdict(State state, conf::CheckInit init) {
    if (state == State::Unknown) return initial_verdict(init);
    if (is_well(state)) return Verdict::Up;
    return state == State::Down ? Verdict::Down : Verdict::Unknown;
}

/// A probe can be a little late in saying that its time is over.
constexpr Duration kFirstRoundSlack = std::chrono::milliseconds{50};

}  // namespace

Monitor::Monitor(const Clock& clock, Alarm& alarm, ProbeMaker& probes, telemetry::Registry& metrics,
                 Random random)
    : clock_(clock),
      alarm_(alarm),
      probes_(probes),
      metrics_(metrics),
      random_(random),
      began_(clock.wall()) {
    alarm_.listen([this] { on_alarm(); });
}

Monitor::~Monitor() {
    alarm_.set(Time::max());
    alarm_.listen([] {});
}

void Monitor::watch(std::shared_ptr<balancing::SharedPool> pool,
                    const std::shared_ptr<balancing::Backend>& backend, const conf::Check& check,
                    const std::vector<SocketAddress>& addresses, const Reach& reach) {
    assert(!addresses.empty());
    Entry& entry = entry_for(*pool, backend, check);
    entry.pool = std::move(pool);
    const bool is_same =
        entry.check == check && entry.addresses == addresses && entry.reach == reach;
    if (entry.probe != nullptr && is_same) return;
    // The old probe may ask the wrong thing at the wrong place: a check under way is made anew.
    const std::optional<Turn> kept = entry.turn;
    withdraw(entry);
    entry.check = check;
    entry.addresses = addresses;
    entry.reach = reach;
    entry.thresholds.apply(check);
    entry.probe = probes_.make(check, {entry.backend->address(), addresses, reach.send_proxy,
                                       reach.tls, reach.tls_name, reach.http});
    if (!is_started_) return;
    schedule(entry, kept ? std::min(kept->first, clock_.now() + entry.thresholds.interval())
                         : first_turn(entry));
    set_alarm();
}

Monitor::Entry& Monitor::entry_for(const balancing::SharedPool& pool,
                                   const std::shared_ptr<balancing::Backend>& backend,
                                   const conf::Check& check) {
    if (const auto known = by_backend_.find(backend.get()); known != by_backend_.end()) {
        return *known->second;
    }
    std::unique_ptr<Entry>& place = entries_[{pool.name(), backend->name()}];
    if (place != nullptr) {
        withdraw(*place);
        by_backend_.erase(place->backend.get());
    }
    place = make_entry(pool, backend, check);
    by_backend_.emplace(backend.get(), place.get());
    return *place;
}

std::unique_ptr<Monitor::Entry> Monitor::make_entry(const balancing::SharedPool& pool,
                                                    std::shared_ptr<balancing::Backend> backend,
                                                    const conf::Check& check) {
    const State state = backend->health();
    const Verdict start = known_verdict(state, check.init);
    if (state == State::Unknown && start != Verdict::Unknown) {
        backend->start_as(start == Verdict::Up ? State::Up : State::Down);
    }
    // Whoever made it rise is not here to end it.
    if (state == State::Rising) slow_starts_until_ = clock_.now();

    auto entry = std::make_unique<Entry>(std::move(backend), check, start);
    entry->awaits_first_result = start == Verdict::Unknown;
    entry->state_since = clock_.now();
    entry->state_since_wall = clock_.wall();
    const std::string& name = entry->backend->name();
    for (const Outcome outcome : kOutcomes) {
        entry->counters[static_cast<std::size_t>(outcome)] =
            &metrics_.counter(Metric::ChecksTotal, {pool.name(), name, word(outcome)});
    }
    entry->seconds = &metrics_.histogram(Metric::CheckSeconds, {pool.name(), name});
    return entry;
}

void Monitor::forget(std::string_view pool_name, std::string_view backend_name) {
    const auto found = entries_.find(Name{std::string{pool_name}, std::string{backend_name}});
    if (found == entries_.end()) return;
    withdraw(*found->second);
    by_backend_.erase(found->second->backend.get());
    entries_.erase(found);
    for (const Outcome outcome : kOutcomes) {
        metrics_.unlist(Metric::ChecksTotal, {pool_name, backend_name, word(outcome)});
    }
    metrics_.unlist(Metric::CheckSeconds, {pool_name, backend_name});
    set_alarm();
}

void Monitor::note_rising() {
    slow_starts_until_ = clock_.now();
    set_alarm();
}

void Monitor::start(std::function<void()> on_first_round_done) {
    assert(!is_started_);
    is_started_ = true;
    on_first_round_done_ = std::move(on_first_round_done);
    const Time now = clock_.now();
    first_round_until_ = now;
    for (const auto& [name, entry] : entries_) {
        schedule(*entry, first_turn(*entry));
        if (!entry->awaits_first_result) continue;
        first_round_until_ =
            std::max(first_round_until_, now + entry->check.timeout + kFirstRoundSlack);
    }
    set_alarm();
}

/// Whoever is waited for goes at once (as many as may be under way), the others anywhere within
/// their interval, so that they do not all come at the same moments for ever after.
Time Monitor::first_turn(const Entry& entry) {
    const Time now = clock_.now();
    if (entry.awaits_first_result) return now;
    const auto span = static_cast<double>(entry.thresholds.interval().count());
    return now + Duration{static_cast<Duration::rep>(span * random_.unit())};
}

void Monitor::schedule(Entry& entry, Time due) {
    assert(!entry.turn && !entry.is_under_way);
    entry.turn = Turn{due, turns_given_++};
    waiting_.emplace(*entry.turn, &entry);
}

void Monitor::withdraw(Entry& entry) {
    if (entry.turn) waiting_.erase(*entry.turn);
    entry.turn.reset();
    entry.probe.reset();
    if (entry.is_under_way) --in_flight_;
    entry.is_under_way = false;
}

void Monitor::set_alarm() {
    if (!is_started_) return;
    Time next = std::min(slow_starts_until_, next_look_);
    if (in_flight_ < kProbesInFlightMax && !waiting_.empty()) {
        next = std::min(next, waiting_.begin()->first.first);
    }
    if (!first_round_is_done_) {
        next = std::min(next, has_first_results() ? clock_.now() : first_round_until_);
    }
    alarm_.set(next);
}

bool Monitor::has_first_results() const {
    return std::none_of(entries_.begin(), entries_.end(),
                        [](const auto& each) { return each.second->awaits_first_result; });
}

void Monitor::on_alarm() {
    if (!is_started_) return;
    begin_due();
    look_at_traffic();
    end_slow_starts();
    const bool is_first_round_over =
        !first_round_is_done_ && (has_first_results() || clock_.now() >= first_round_until_);
    first_round_is_done_ = first_round_is_done_ || is_first_round_over;
    set_alarm();
    if (is_first_round_over && on_first_round_done_) {
        const std::function<void()> done = std::exchange(on_first_round_done_, {});
        done();  // last: may watch and forget
    }
}

void Monitor::begin_due() {
    const Time now = clock_.now();
    while (in_flight_ < kProbesInFlightMax && !waiting_.empty() &&
           waiting_.begin()->first.first <= now) {
        Entry& entry = *waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        entry.turn.reset();
        entry.is_under_way = true;
        entry.began = now;
        ++in_flight_;
        entry.probe->start(
            [this, &entry](ProbeResult result) { on_result(entry, std::move(result)); });
    }
}

}  // namespace fairlead::health
