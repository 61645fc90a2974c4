/// Policy "peak_ewma": of two random ones, the one expected to answer sooner: average latency, in
/// which a slow answer counts at once and is forgotten over 10 s, times what is in flight there (as
/// in Twitter's Finagle). Latencies come from Lease::observe, over all workers.
#pragma once

#include <cstdint>
#include <memory>

#include "balancing/policy.h"
#include "balancing/settings.h"
#include "balancing/two_choices.h"

namespace fairlead::balancing {

class PeakEwma final : public Policy {
  public:
    static std::unique_ptr<Policy> make(const PolicySettings& settings, std::uint64_t seed);
    explicit PeakEwma(std::uint64_t seed) : two_choices_(seed) {}

    std::optional<Choice> pick(const Candidates& candidates, std::uint64_t key, Time now) override;
    void on_members_changed(const Candidates& candidates) override;

  private:
    float cost(const Candidate& candidate, float latency_us, Time now) const;

    TwoChoices two_choices_;
    float mean_weight_ = 1;
};

}  // namespace fairlead::balancing
