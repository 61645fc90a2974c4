#include "balancing/least_connections.h"

#include <bit>

namespace fairlead::balancing {

std::unique_ptr<Policy> LeastConnections::make(const PolicySettings&, std::uint64_t seed) {
    return std::make_unique<LeastConnections>(seed);
}

void LeastConnections::on_members_changed(const Candidates& candidates) {
    if (candidates.size() > kExactMax) two_choices_.on_members_changed(candidates);
}

std::optional<Choice> LeastConnections::pick(const Candidates& candidates, std::uint64_t,
                                             Time now) {
    if (candidates.size() > kExactMax) {
        const auto two = two_choices_.draw(candidates);
        if (!two) return std::nullopt;
        const auto [a, b] = *two;
        return Choice{.index = is_less_loaded(candidates[b], candidates[a], now) ? b : a,
                      .seen = {}};
    }
    std::array<Backend::Count, kExactMax> seen;
    std::uint32_t level = 0;  // one bit for each that has the least
    std::uint64_t least = 0;
    std::uint64_t weight_of_least = 1;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (!candidates.is_open(i)) continue;
        const Candidate& candidate = candidates[i];
        seen[i] = candidate.backend->count();
        const std::uint64_t load = std::uint64_t{Backend::in_flight_of(seen[i])} +
                                   candidate.failures(now) + candidate.phantom;
        // load / weight < least / weight_of_least, without dividing
        const std::uint64_t mine = load * weight_of_least;
        const std::uint64_t theirs = least * candidate.full_weight;
        if (level == 0 || mine < theirs) {
            level = 1U << i;
            least = load;
            weight_of_least = candidate.full_weight;
        } else if (mine == theirs) {
            level |= 1U << i;
        }
    }
    if (level == 0) return std::nullopt;
    const std::size_t index = break_tie(candidates, level);
    return Choice{.index = index, .seen = seen[index]};
}

/// Always the first of those that are level would send an idle pool's whole traffic to one backend.
std::size_t LeastConnections::break_tie(const Candidates& candidates, std::uint32_t level) {
    if (candidates.is_even() || std::has_single_bit(level)) {
        const std::uint32_t from_next =
            next_ < kExactMax ? level & (~std::uint32_t{0} << next_) : 0;
        const auto index =
            static_cast<std::size_t>(std::countr_zero(from_next != 0 ? from_next : level));
        next_ = index + 1;
        return index;
    }
    std::int64_t total = 0;
    std::size_t best = kExactMax;
    for (std::uint32_t left = level; left != 0; left &= left - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(left));
        saved_[i] += candidates[i].weight;
        total += candidates[i].weight;
        if (best == kExactMax || saved_[i] > saved_[best]) best = i;
    }
    saved_[best] -= total;
    return best;
}

}  // namespace fairlead::balancing
