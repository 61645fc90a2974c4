#include "balancing/peak_ewma.h"

#include <algorithm>

namespace fairlead::balancing {
std::unique_ptr<Policy> PeakEwma::make(const PolicySettings&, std::uint64_t seed) {
    return std::make_unique<PeakEwma>(seed);
}

std::optional<Choice> PeakEwma::pick(const Candidates& candidates, std::uint64_t, Time now) {
    const auto two = two_choices_.draw(candidates);
    if (!two) return std::nullopt;
    const auto [a, b] = *two;
    // One that has not answered yet is taken to be as fast as its rival: zero would draw everything
    // to it before the first answer, and infinity would never let it answer.
    const float latency_a = candidates[a].backend->latency_us(now);
    const float latency_b = candidates[b].backend->latency_us(now);
    const bool both_known = latency_a > 0 && latency_b > 0;
    const float cost_a = cost(candidates[a], both_known ? latency_a : 1, now);
    const float cost_b = cost(candidates[b], both_known ? latency_b : 1, now);
    return Choice{.index = cost_b < cost_a ? b : a, .seen = {}};
}

void PeakEwma::on_members_changed(const Candidates& candidates) {
    two_choices_.on_members_changed(candidates);
    float total = 0;
    for (const Candidate& candidate : candidates.all()) {
        total += static_cast<float>(candidate.full_weight);
    }
    mean_weight_ = total / static_cast<float>(std::max<std::size_t>(candidates.size(), 1));
}

/// In microseconds. The load counts per unit of weight, but the request itself the same everywhere:
/// the two were drawn by weight, and counting it once more would send an idle pool's traffic to the
/// heaviest.
float PeakEwma::cost(const Candidate& candidate, float latency_us, Time now) const {
    const float load = static_cast<float>(candidate.load(now));
    return latency_us * (load * mean_weight_ / static_cast<float>(candidate.full_weight) + 1);
}

}  // namespace fairlead::balancing
