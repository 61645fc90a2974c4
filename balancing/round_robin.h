/// Policy "round_robin" (and "weighted"): each in turn, in proportion to weights, as evenly mixed
/// as can be (the smooth weighted round robin of NGINX). Exact: in each cycle everyone gets just
/// its weight.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "balancing/policy.h"
#include "balancing/settings.h"

namespace fairlead::balancing {

class RoundRobin final : public Policy {
  public:
    static std::unique_ptr<Policy> make(const PolicySettings& settings, std::uint64_t seed);
    explicit RoundRobin(std::uint64_t seed) : seed_(seed) {}

    std::optional<Choice> pick(const Candidates& candidates, std::uint64_t key, Time now) override;
    void on_members_changed(const Candidates& candidates) override;

  private:
    /// What a member has saved up; its turn comes when that is the most.
    struct Standing {
        const Backend* backend = nullptr;  ///< compared only
        std::int64_t saved = 0;
    };
    std::optional<Choice> pick_even(const Candidates& candidates);
    std::optional<Choice> pick_smooth(const Candidates& candidates);

    const std::uint64_t seed_;
    bool has_begun_ = false;
    std::size_t next_ = 0;  ///< whose turn it is while weights are the same
    std::vector<Standing> standings_;
    std::vector<Standing> before_;  ///< of on_members_changed; kept for its memory
};

}  // namespace fairlead::balancing
