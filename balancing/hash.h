/// Policy "hash": the same key goes to the same backend, as long as that one is usable and not
/// overloaded: consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2018). Nobody
/// has more in flight than `bound` times its part by weight; what is over goes on to the next on
/// the ring.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "balancing/hash_ring.h"
#include "balancing/policy.h"
#include "balancing/settings.h"

namespace fairlead::balancing {

class HashPolicy final : public Policy {
  public:
    static std::unique_ptr<Policy> make(const PolicySettings& settings, std::uint64_t seed);
    explicit HashPolicy(const HashSettings& settings) : bound_(settings.bound) {}

    std::optional<Choice> pick(const Candidates& candidates, std::uint64_t key, Time now) override;
    void on_members_changed(const Candidates& candidates) override;

  private:
    void look_at_loads(const Candidates& candidates);
    bool is_over(const Candidate& candidate) const;

    const double bound_;
    HashRing ring_;  ///< of all members, usable or not, so that a flap rebuilds nothing
    std::vector<HashRing::Member> members_;
    std::vector<std::uint32_t> candidate_of_;  ///< by member; kNone when not a candidate
    double total_weight_ = 1;
    std::uint64_t total_load_ = 0;
    std::size_t picks_until_look_ = 0;
};

}  // namespace fairlead::balancing
