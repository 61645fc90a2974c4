/// Two different open candidates, drawn by weight. The better of two is nearly as good as the best
/// of all (Mitzenmacher 2001), costs the same for any number, and workers that decide at the same
/// time do not all run to the same one.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "balancing/alias_table.h"

namespace fairlead::balancing {

class TwoChoices {
  public:
    explicit TwoChoices(std::uint64_t seed) : random_(seed) {}
    void on_members_changed(const Candidates& candidates) { table_.build(candidates); }
    /// @return nothing when no candidate is open; the same one twice when only one is, or when one
    /// is so
    ///         heavy that no other came up
    std::optional<std::pair<std::size_t, std::size_t>> draw(const Candidates& candidates);

  private:
    AliasTable table_;
    Random random_;
};

/// True when `a` has less load per unit of weight than `b`.
inline bool is_less_loaded(const Candidate& a, const Candidate& b, Time now) {
    return a.load(now) * b.full_weight < b.load(now) * a.full_weight;
}

}  // namespace fairlead::balancing
