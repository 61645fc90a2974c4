/// Policy "first": the first in order that has room below its max_in_flight, so that later ones
/// stay idle while earlier ones suffice. Weights have no meaning.
#pragma once

#include <cstdint>
#include <memory>

#include "balancing/policy.h"
#include "balancing/settings.h"

namespace fairlead::balancing {

class First final : public Policy {
  public:
    static std::unique_ptr<Policy> make(const PolicySettings& settings, std::uint64_t seed);

    std::optional<Choice> pick(const Candidates& candidates, std::uint64_t key, Time now) override;
};

}  // namespace fairlead::balancing
