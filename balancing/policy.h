/// How one of several candidates is chosen. One object per worker, pool and tier; not thread-safe.
/// A policy only chooses: health, limits, tiers and retries are the pool's.
#pragma once

#include <optional>

#include "balancing/candidates.h"
#include "proxy/base/clock.h"

namespace fairlead::balancing {

struct Choice {
    std::size_t index = 0;
    /// Set: the choice holds only while the backend's count is still this; the pool takes the lease
    /// by compare-exchange and asks again when it changed.
    std::optional<Backend::Count> seen;
};

class Policy {
  public:
    virtual ~Policy() = default;
    /// @param key  what "hash" goes by; others ignore it
    /// @return an open candidate; nothing when none is. Must not allocate.
    virtual std::optional<Choice> pick(const Candidates& candidates, std::uint64_t key,
                                       Time now) = 0;
    /// Called before the next pick when candidates, weights or phantoms have changed. May allocate.
    virtual void on_members_changed(const Candidates&) {}
};

}  // namespace fairlead::balancing
