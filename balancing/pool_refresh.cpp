/// Pool's second half: making the candidates anew after a change, and easing rising backends in.
/// Which backends are usable is decided here and nowhere else.
#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "balancing/pool.h"

namespace fairlead::balancing {
namespace {

constexpr Duration kRisingRefresh = std::chrono::milliseconds{100};
/// What the tier of "try everything" is called.
constexpr unsigned kEverything = std::numeric_limits<unsigned>::max();

/// Who is asked, in this order, until somebody is found.
enum Level : int {
    kWell,        ///< up or rising; without checks, not known
    kNotKnown,    ///< no result yet
    kWeightless,  ///< usable, but of weight 0: better than nobody
    kLastResort,  ///< when_all_down = try
};

bool belongs(int level, State state, unsigned weight, bool has_checks) {
    switch (level) {
        case kWell:
            return weight != 0 && (is_well(state) || (state == State::Unknown && !has_checks));
        case kNotKnown:
            return weight != 0 && state == State::Unknown;
        case kWeightless:
            return weight == 0 && (is_well(state) || state == State::Unknown);
        default:
            return state != State::Maintenance;
    }
}

}  // namespace

void Pool::refresh(Time now) {
    // The version first: what changes while we read makes us read again.
    version_ = signals_.version();
    refresh_at_ = Time::max();
    const bool tries_all = settings().when_all_down == WhenAllDown::Try;
    const int last = tries_all ? kLastResort : kWeightless;
    // Where everything was tried until now, it goes on so for a moment.
    const bool is_recovering = tries_all && shared_->is_recovering(now);
    for (int level = is_recovering ? kLastResort : kWell; level <= last; ++level) {
        if (gather(level, now)) break;
    }
    if (is_recovering) refresh_at_ = now + kRisingRefresh;
    excuse_at_ = Time::min();
    for (Tier* const tier : active_) settle(*tier, now);
    set_front_share();
}

/// A tier that comes back with all of its backends in slow start would be run over by what the tier
/// behind it carried until now. So it takes over as its ramp goes on, and the other one keeps the
/// rest: the way back is gradual, as is the way of a backend into its tier. The way over to the
/// next tier stays at once.
void Pool::set_front_share() {
    front_share_ = 1;
    if (active_.size() < 2 || active_.front()->number == kEverything) return;
    double now = 0;
    double whole = 0;
    for (const Candidate& candidate : active_.front()->candidates.all()) {
        if (!candidate.is_rising()) return;
        now += candidate.weight;
        whole += candidate.full_weight;
    }
    front_share_ = now / whole;
}

bool Pool::gather(int level, Time now) {
    active_.clear();
    for (const auto& tier : tiers_) tier->candidates.assign(shared_->backends());
    for (const auto& backend : shared_->backends()) {
        const unsigned weight = backend->weight();
        if (!belongs(level, backend->state(), weight, settings().has_checks)) continue;
        Tier& tier = tier_of(level == kLastResort ? kEverything : backend->tier());
        if (tier.candidates.size() == 0) active_.push_back(&tier);
        Candidate candidate;
        candidate.backend = backend.get();
        candidate.full_weight = std::max(weight, 1U) * kWeightUnit;
        candidate.weight = std::max(
            1U,
            static_cast<std::uint32_t>(std::lround(candidate.full_weight * ramp(*backend, now))));
        tier.candidates.add(candidate);
    }
    std::sort(active_.begin(), active_.end(),
              [](const Tier* a, const Tier* b) { return a->number < b->number; });
    return !active_.empty();
}

Pool::Tier& Pool::tier_of(unsigned number) {
    for (const auto& tier : tiers_) {
        if (tier->number == number) return *tier;
    }
    tiers_.push_back(std::make_unique<Tier>());
    Tier& tier = *tiers_.back();
    tier.number = number;
    tier.policy = row_.make(settings().policy_settings, seed_);
    tier.candidates.assign(shared_->backends());
    return tier;
}

/// The part of its weight a backend has now: from `from` to 1 while it rises.
double Pool::ramp(const Backend& backend, Time now) const {
    const SlowStartSettings& slow = settings().slow_start;
    if (backend.state() != State::Rising || slow.over <= Duration::zero()) return 1;
    const double run = std::chrono::duration<double>(now - backend.since()) /
                       std::chrono::duration<double>(slow.over);
    return std::clamp(slow.from + (1 - slow.from) * run, slow.from, 1.0);
}

void Pool::settle(Tier& tier, Time now) {
    tier.is_limited = true;
    double total = 0;
    for (const Candidate& candidate : tier.candidates.all()) {
        tier.is_limited = tier.is_limited && candidate.backend->max_in_flight() != kNoLimit;
        total += candidate.full_weight;
    }
    rising_before_.swap(tier.rising);
    tier.rising.clear();
    for (std::size_t i = 0; i < tier.candidates.size(); ++i) {
        const Candidate& candidate = tier.candidates[i];
        if (!candidate.is_rising()) continue;
        Rising rising{i, candidate.backend, candidate.full_weight / total, 0};
        for (const Rising& old : rising_before_) {
            if (old.backend == rising.backend) rising.credit = old.credit;
        }
        tier.rising.push_back(rising);
    }
    tier.is_held = row_.shares_by_weight && !tier.rising.empty() &&
                   tier.rising.size() < tier.candidates.size();
    if (!tier.rising.empty()) {
        refresh_at_ = now + kRisingRefresh;
        seed_phantoms(tier, now);
    }
    tier.candidates.settle();
    tier.policy->on_members_changed(tier.candidates);
}

/// A backend that comes back has nothing in flight, and a policy that goes by load would send it
/// everything until it has caught up. So it is taken to have, beside its own, the part of the
/// others' median that its ramp has not reached yet; at each moment its target is then the ramp's.
void Pool::seed_phantoms(Tier& tier, Time now) {
    scratch_.clear();
    for (const Candidate& candidate : tier.candidates.all()) {
        if (candidate.is_rising()) continue;
        scratch_.push_back(double{1} * candidate.backend->in_flight() / candidate.full_weight);
    }
    if (scratch_.empty()) return;
    const auto middle = scratch_.begin() + static_cast<std::ptrdiff_t>(scratch_.size() / 2);
    std::nth_element(scratch_.begin(), middle, scratch_.end());
    for (const Rising& rising : tier.rising) {
        Candidate& candidate = tier.candidates.at(rising.index);
        const double missing = 1 - ramp(*candidate.backend, now);
        candidate.phantom =
            static_cast<std::uint32_t>(std::lround(*middle * candidate.full_weight * missing));
    }
}

}  // namespace fairlead::balancing
