#include "balancing/alias_table.h"

#include <cassert>

namespace fairlead::balancing {

void AliasTable::build(const Candidates& candidates) {
    const std::size_t count = candidates.size();
    columns_.assign(count, {UINT32_MAX, 0});
    scaled_.resize(count);
    small_.clear();
    large_.clear();
    if (candidates.is_even()) return;  // every column is its own

    double total = 0;
    for (const Candidate& candidate : candidates.all()) total += candidate.weight;
    for (std::size_t i = 0; i < count; ++i) {
        scaled_[i] = candidates[i].weight * static_cast<double>(count) / total;
        (scaled_[i] < 1 ? small_ : large_).push_back(static_cast<std::uint32_t>(i));
    }
    while (!small_.empty() && !large_.empty()) {
        const std::uint32_t less = small_.back();
        const std::uint32_t more = large_.back();
        small_.pop_back();
        columns_[less] = {static_cast<std::uint32_t>(scaled_[less] * 4294967295.0), more};
        scaled_[more] -= 1 - scaled_[less];
        if (scaled_[more] < 1) {
            large_.pop_back();
            small_.push_back(more);
        }
    }
    // What is left over is 1 but for rounding, and keeps its whole column.
}

std::size_t AliasTable::draw(Random& random) const {
    const std::uint64_t bits = random.next();
    const std::size_t column = ((bits >> 32) * columns_.size()) >> 32;
    const auto point = static_cast<std::uint32_t>(bits);
    return point <= columns_[column].keep ? column : columns_[column].alias;
}

std::size_t AliasTable::draw_open(const Candidates& candidates, Random& random) const {
    if (!candidates.has_closed()) return draw(random);
    assert(candidates.open_count() != 0);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (candidates.is_open(i)) total += candidates[i].weight;
    }
    std::uint64_t point = random.below(total);
    for (std::size_t i = 0;; ++i) {
        if (!candidates.is_open(i)) continue;
        if (point < candidates[i].weight) return i;
        point -= candidates[i].weight;
    }
}

}  // namespace fairlead::balancing
