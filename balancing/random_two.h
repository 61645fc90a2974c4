/// Policy "random_two": of two random ones, the one with less load per unit of weight.
#pragma once

#include <cstdint>
#include <memory>

#include "balancing/policy.h"
#include "balancing/settings.h"
#include "balancing/two_choices.h"

namespace fairlead::balancing {

class RandomTwo final : public Policy {
  public:
    static std::unique_ptr<Policy> make(const PolicySettings& settings, std::uint64_t seed);
    explicit RandomTwo(std::uint64_t seed) : two_choices_(seed) {}

    std::optional<Choice> pick(const Candidates& candidates, std::uint64_t key, Time now) override;
    void on_members_changed(const Candidates& candidates) override {
        two_choices_.on_members_changed(candidates);
    }

  private:
    TwoChoices two_choices_;
};

}  // namespace fairlead::balancing
