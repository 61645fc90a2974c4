#include "balancing/first.h"

namespace fairlead::balancing {

std::unique_ptr<Policy> First::make(const PolicySettings&, std::uint64_t) {
    return std::make_unique<First>();
}

std::optional<Choice> First::pick(const Candidates& candidates, std::uint64_t, Time) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (candidates.is_open(i) && candidates[i].backend->has_room()) {
            return Choice{.index = i, .seen = {}};
        }
    }
    return std::nullopt;
}

}  // namespace fairlead::balancing
