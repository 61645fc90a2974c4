#include "balancing/random.h"

namespace fairlead::balancing {

std::unique_ptr<Policy> RandomPolicy::make(const PolicySettings&, std::uint64_t seed) {
    return std::make_unique<RandomPolicy>(seed);
}

std::optional<Choice> RandomPolicy::pick(const Candidates& candidates, std::uint64_t, Time) {
    if (candidates.open_count() == 0) return std::nullopt;
    return Choice{.index = table_.draw_open(candidates, random_), .seen = {}};
}

}  // namespace fairlead::balancing
