/// Policy "random": any, in proportion to weights. Needs no state shared by workers, and its shares
/// are as even as chance is.
#pragma once

#include <cstdint>
#include <memory>

#include "balancing/alias_table.h"
#include "balancing/policy.h"
#include "balancing/settings.h"

namespace fairlead::balancing {

class RandomPolicy final : public Policy {
  public:
    static std::unique_ptr<Policy> make(const PolicySettings& settings, std::uint64_t seed);
    explicit RandomPolicy(std::uint64_t seed) : random_(seed) {}

    std::optional<Choice> pick(const Candidates& candidates, std::uint64_t key, Time now) override;
    void on_members_changed(const Candidates& candidates) override { table_.build(candidates); }

  private:
    AliasTable table_;
    Random random_;
};

}  // namespace fairlead::balancing
