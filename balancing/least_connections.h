/// Policy "least_connections": the fewest leases (and failures of the last second) per unit of
/// weight; those that are level take turns by weight. Up to 16 candidates it is exact over all
/// workers: the choice holds only while the chosen one's count has not changed. Above that, the
/// better of two.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "balancing/policy.h"
#include "balancing/settings.h"
#include "balancing/two_choices.h"

namespace fairlead::balancing {

class LeastConnections final : public Policy {
  public:
    static std::unique_ptr<Policy> make(const PolicySettings& settings, std::uint64_t seed);
    explicit LeastConnections(std::uint64_t seed) : two_choices_(seed), next_(seed % kExactMax) {}

    std::optional<Choice> pick(const Candidates& candidates, std::uint64_t key, Time now) override;
    void on_members_changed(const Candidates& candidates) override;

    /// Up to so many candidates all are compared.
    static constexpr std::size_t kExactMax = 16;

  private:
    std::size_t break_tie(const Candidates& candidates, std::uint32_t level);

    TwoChoices two_choices_;
    std::size_t next_;                             ///< whose turn it is among equals
    std::array<std::int64_t, kExactMax> saved_{};  ///< as in RoundRobin, for unequal weights
};

}  // namespace fairlead::balancing
