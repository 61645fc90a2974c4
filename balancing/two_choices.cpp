#include "balancing/two_choices.h"

namespace fairlead::balancing {
namespace {

constexpr int kDrawsMax = 4;

}  // namespace

std::optional<std::pair<std::size_t, std::size_t>> TwoChoices::draw(const Candidates& candidates) {
    if (candidates.open_count() == 0) return std::nullopt;
    const std::size_t first = table_.draw_open(candidates, random_);
    if (candidates.open_count() == 1) return std::pair{first, first};
    std::size_t second = first;
    for (int draws = 0; second == first && draws < kDrawsMax; ++draws) {
        second = table_.draw_open(candidates, random_);
    }
    return std::pair{first, second};
}

}  // namespace fairlead::balancing
