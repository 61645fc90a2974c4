#include "balancing/random_two.h"

namespace fairlead::balancing {

std::unique_ptr<Policy> RandomTwo::make(const PolicySettings&, std::uint64_t seed) {
    return std::make_unique<RandomTwo>(seed);
}

std::optional<Choice> RandomTwo::pick(const Candidates& candidates, std::uint64_t, Time now) {
    const auto two = two_choices_.draw(candidates);
    if (!two) return std::nullopt;
    const auto [a, b] = *two;
    return Choice{.index = is_less_loaded(candidates[b], candidates[a], now) ? b : a, .seen = {}};
}

}  // namespace fairlead::balancing
