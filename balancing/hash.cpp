#include "balancing/hash.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "proxy/base/hash.h"

namespace fairlead::balancing {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
/// Backends looked at per pick, on average, to know the pool's load.
constexpr std::size_t kLooksPerPick = 8;

}  // namespace

std::unique_ptr<Policy> HashPolicy::make(const PolicySettings& settings, std::uint64_t) {
    return std::make_unique<HashPolicy>(settings.hash);
}

void HashPolicy::on_members_changed(const Candidates& candidates) {
    const auto all = candidates.members();
    members_.clear();
    for (const auto& member : all)
        members_.push_back({hash_bytes(member->name()), member->weight()});
    ring_.build(members_);

    candidate_of_.assign(all.size(), kNone);
    total_weight_ = 0;
    std::size_t member = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        while (all[member].get() != candidates[i].backend) ++member;  // both in the same order
        candidate_of_[member] = static_cast<std::uint32_t>(i);
        total_weight_ += candidates[i].weight;
    }
    picks_until_look_ = 0;
}

std::optional<Choice> HashPolicy::pick(const Candidates& candidates, std::uint64_t key, Time) {
    if (candidates.open_count() == 0) return std::nullopt;
    if (bound_ >= 1) look_at_loads(candidates);
    // Mixed once more: keys may be small numbers.
    std::size_t point = ring_.find(hash_mix(key));
    std::uint32_t own = kNone;
    for (std::size_t steps = 0; steps < ring_.size(); ++steps, point = ring_.next(point)) {
        const std::uint32_t index = candidate_of_[ring_[point].member];
        if (index == kNone || !candidates.is_open(index)) continue;
        if (own == kNone) own = index;
        if (bound_ < 1 || !is_over(candidates[index])) return Choice{.index = index, .seen = {}};
    }
    // All are over (some were closed, or the total is not of this moment): then its own, bound or
    // not.
    return own == kNone ? std::nullopt : std::optional{Choice{.index = own, .seen = {}}};
}

/// The sum over all backends is what the bound goes by. With many, it is taken every so many picks
/// only, and meanwhile moves little against so many.
void HashPolicy::look_at_loads(const Candidates& candidates) {
    if (picks_until_look_ > 0) {
        --picks_until_look_;
        ++total_load_;
        return;
    }
    picks_until_look_ = candidates.size() / kLooksPerPick;
    total_load_ = 0;
    for (const Candidate& candidate : candidates.all())
        total_load_ += candidate.backend->in_flight();
}

/// The paper's capacity: ceil(bound * (load + 1) * part). Weights here include slow start, so a
/// backend that has just come back holds little at once, though the keys are its own from the
/// beginning.
bool HashPolicy::is_over(const Candidate& candidate) const {
    const double part = candidate.weight / total_weight_;
    const double capacity = std::ceil(bound_ * static_cast<double>(total_load_ + 1) * part);
    return candidate.backend->in_flight() >= capacity;
}

}  // namespace fairlead::balancing
