#include "balancing/round_robin.h"

#include <algorithm>

namespace fairlead::balancing {
namespace {

/// Picks that workers are apart from each other at the start, at most.
constexpr std::uint64_t kHeadStartMax = 64;

}  // namespace

std::unique_ptr<Policy> RoundRobin::make(const PolicySettings&, std::uint64_t seed) {
    return std::make_unique<RoundRobin>(seed);
}

std::optional<Choice> RoundRobin::pick(const Candidates& candidates, std::uint64_t, Time) {
    if (candidates.open_count() == 0) return std::nullopt;
    return candidates.is_even() ? pick_even(candidates) : pick_smooth(candidates);
}

// With equal weights the smooth method is a plain turn; this finds it in one step.
std::optional<Choice> RoundRobin::pick_even(const Candidates& candidates) {
    for (std::size_t step = 0; step < candidates.size(); ++step) {
        const std::size_t index = next_ < candidates.size() ? next_ : 0;
        next_ = index + 1;
        if (candidates.is_open(index)) return Choice{.index = index, .seen = {}};
    }
    return std::nullopt;
}

std::optional<Choice> RoundRobin::pick_smooth(const Candidates& candidates) {
    std::int64_t total = 0;
    Standing* best = nullptr;
    for (std::size_t i = 0; i < standings_.size(); ++i) {
        if (!candidates.is_open(i)) continue;
        Standing& standing = standings_[i];
        standing.saved += candidates[i].weight;
        total += candidates[i].weight;
        if (best == nullptr || standing.saved > best->saved) best = &standing;
    }
    if (best == nullptr) return std::nullopt;
    best->saved -= total;
    return Choice{.index = static_cast<std::size_t>(best - standings_.data()), .seen = {}};
}

void RoundRobin::on_members_changed(const Candidates& candidates) {
    // Who stays keeps what it has saved and the turn goes on where it was: a backend that flaps
    // must not send each next request to the first of the list. Both lists are in the
    // configuration's order.
    const Backend* const last =
        next_ > 0 && next_ <= standings_.size() ? standings_[next_ - 1].backend : nullptr;
    before_.swap(standings_);
    standings_.clear();
    auto old = before_.begin();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        Standing standing{candidates[i].backend, 0};
        const auto found = std::find_if(old, before_.end(), [&](const Standing& one) {
            return one.backend == standing.backend;
        });
        if (found != before_.end()) {
            standing.saved = found->saved;
            old = found + 1;
        }
        if (standing.backend == last) next_ = i + 1;
        standings_.push_back(standing);
    }
    if (has_begun_ || candidates.size() == 0) return;
    has_begun_ = true;
    // Workers that start together should not all begin with the first backend.
    next_ = seed_ % candidates.size();
    if (candidates.is_even()) return;
    const std::uint64_t affordable = 65536 / candidates.size() + 1;
    for (std::uint64_t picks = seed_ % std::min(kHeadStartMax, affordable); picks > 0; --picks) {
        pick_smooth(candidates);
    }
}

}  // namespace fairlead::balancing
