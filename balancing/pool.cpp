#include "balancing/pool.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace fairlead::balancing {
namespace {

/// Compare-exchanges lost in a row before a choice is taken as it is.
constexpr int kChoicesMax = 8;
/// Credit a rising backend can save up, in picks.
constexpr double kCreditMax = 1.0;

/// A failure is in its backend's load for so long, at most.
constexpr Duration kFailuresCount = std::chrono::milliseconds{1250};
constexpr Duration kExcuseEvery = std::chrono::milliseconds{125};

bool contains(std::span<const Backend* const> tried, const Backend* backend) {
    return std::find(tried.begin(), tried.end(), backend) != tried.end();
}

}  // namespace

Pool::Pool(std::shared_ptr<SharedPool> shared, unsigned worker, std::uint64_t seed)
    : shared_(std::move(shared)),
      signals_(shared_->signals()),
      row_(*find_policy(shared_->settings().policy)),
      worker_(worker),
      seed_(seed),
      queue_(signals_, worker) {
    assert(worker < signals_.workers());
}

Pool::~Pool() { assert(queue_.is_empty()); }

Picked Pool::pick(std::uint64_t hash_key, std::span<const Backend* const> tried, Time now) {
    if (version_ != signals_.version() || now >= refresh_at_) refresh(now);
    if (now - signals_.last_failure() < kFailuresCount || is_excusing_) [[unlikely]]
        excuse(now);
    // Who came earlier goes first, also when that one waits on another worker.
    if (must_wait(tried)) {
        const std::uint32_t size = settings().queue.size;
        if (signals_.waiting() >= size) drop_gone();
        if (signals_.waiting() >= size) return {.lease = {}, .failure = Failure::QueueFull};
        return {.lease = {}, .wait = true};
    }
    Picked picked = pick_now(hash_key, tried, now);
    if (picked.wait && settings().queue.size == 0) {
        return {.lease = {}, .failure = Failure::QueueFull};
    }
    return picked;
}

bool Pool::must_wait(std::span<const Backend* const> tried) const {
    if (active_.empty() || !active_.front()->is_limited || signals_.waiting() == 0) return false;
    if (tried.empty()) return true;
    const auto all = active_.front()->candidates.all();
    return std::any_of(all.begin(), all.end(), [&](const Candidate& candidate) {
        return !contains(tried, candidate.backend);
    });
}

Picked Pool::pick_now(std::uint64_t hash_key, std::span<const Backend* const> tried, Time now) {
    Picked picked;
    if (is_handing_over() && !is_fronts_turn() &&
        take_from(*active_[1], hash_key, tried, now, picked.lease) == Outcome::Taken) {
        return picked;
    }
    for (Tier* const tier : active_) {
        switch (take_from(*tier, hash_key, tried, now, picked.lease)) {
            case Outcome::Taken:
                picked.wait = false;
                return picked;
            case Outcome::Full:
                // A further tier is for failure, not for overflow; but as long as it hands over it
                // serves as well.
                picked.wait = true;
                if (is_handing_over() && tier == active_.front()) continue;
                return picked;
            case Outcome::None:
                if (picked.wait) return picked;
                break;
        }
    }
    if (!picked.wait) picked.failure = Failure::NoBackend;
    return picked;
}

/// Failures that all candidates show do not tell them apart. Counted in full, they would decide
/// alone, and when a fault of all is over whoever forgets its failures first would get everything.
void Pool::excuse(Time now) {
    if (now < excuse_at_) return;
    excuse_at_ = now + kExcuseEvery;
    is_excusing_ = now - signals_.last_failure() < kFailuresCount;
    for (Tier* const tier : active_) tier->candidates.excuse(now);
}

bool Pool::is_fronts_turn() {
    constexpr double kWhole = 1 - 1e-9;  // ten tenths are a little less than one
    front_credit_ += front_share_;
    if (front_credit_ < kWhole) return false;
    front_credit_ -= 1;
    return true;
}

Pool::Outcome Pool::take_from(Tier& tier, std::uint64_t hash_key,
                              std::span<const Backend* const> tried, Time now, Lease& lease) {
    Candidates& candidates = tier.candidates;
    if (tried.empty() && !tier.is_held) [[likely]] {
        const bool taken = take(tier, hash_key, now, lease);
        candidates.open_all();
        return taken ? Outcome::Taken : Outcome::Full;
    }
    for (bool is_held = tier.is_held;; is_held = false) {
        for (std::size_t i = 0; !tried.empty() && i < candidates.size(); ++i) {
            if (contains(tried, candidates[i].backend)) candidates.close(i);
        }
        if (candidates.open_count() == 0) {
            candidates.open_all();
            return Outcome::None;
        }
        if (is_held) {
            for (const Rising& rising : tier.rising) {
                if (rising.credit < 0) candidates.close(rising.index);
            }
        }
        const bool taken = candidates.open_count() != 0 && take(tier, hash_key, now, lease);
        candidates.open_all();
        if (taken) return Outcome::Taken;
        // Better a backend over its share than none.
        if (!is_held) return Outcome::Full;
    }
}

bool Pool::take(Tier& tier, std::uint64_t hash_key, Time now, Lease& lease) {
    Candidates& candidates = tier.candidates;
    bool full_ones_are_closed = false;
    for (int choices = 0;; ++choices) {
        const std::optional<Choice> choice = tier.policy->pick(candidates, hash_key, now);
        if (!choice) return false;
        Backend& backend = *candidates[choice->index].backend;
        bool taken = false;
        if (choice->seen && choices < kChoicesMax) {
            taken = backend.take_if_unchanged(*choice->seen);
            if (!taken && Backend::in_flight_of(*choice->seen) < backend.max_in_flight()) continue;
        } else {
            taken = backend.take();
        }
        if (taken) {
            lease = Lease{&backend};
            for (Rising& rising : tier.rising) {
                rising.credit = std::min(rising.credit + rising.share, kCreditMax);
                if (rising.index == choice->index) rising.credit -= 1;
            }
            return true;
        }
        candidates.close(choice->index);
        // Where one is full more are likely to be: look at all once, not one per choice.
        for (std::size_t i = 0; !full_ones_are_closed && i < candidates.size(); ++i) {
            if (!candidates[i].backend->has_room()) candidates.close(i);
        }
        full_ones_are_closed = true;
    }
}

bool Pool::has_usable(Time now) {
    if (version_ != signals_.version() || now >= refresh_at_) refresh(now);
    return !active_.empty();
}

}  // namespace fairlead::balancing
