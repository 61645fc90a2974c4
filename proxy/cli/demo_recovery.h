/// How long the balancer took to notice that an origin died and that it came back. Pure: told of
/// kills, revivals and of what the balancer says, with the times of each.
#pragma once

#include <cstddef>
#include <vector>

#include "proxy/base/clock.h"

namespace fairlead::cli {

class DemoRecovery {
  public:
    explicit DemoRecovery(std::size_t origins) : origins_(origins) {}

    void on_killed(std::size_t origin, Time when);
    void on_revived(std::size_t origin, Time when);
    enum class Change { None, Detected, Returned };
    /// What the balancer thinks of the origin at `when`.
    /// @return what this says for the first time
    Change observe(std::size_t origin, bool is_usable, Time when);

    /// From each kill to the first time the balancer would not use the origin.
    const std::vector<Duration>& detected() const { return detected_; }
    /// From each revival to the first time it would use it again.
    const std::vector<Duration>& returned() const { return returned_; }
    std::size_t kills() const { return kills_; }
    /// Outages that were over before the balancer noticed: retries alone carried them.
    std::size_t unnoticed() const { return unnoticed_; }

  private:
    enum class Phase { Alive, Dying, Out, Returning };
    struct Origin {
        Phase phase = Phase::Alive;
        Time since{};
    };
    std::vector<Origin> origins_;
    std::vector<Duration> detected_;
    std::vector<Duration> returned_;
    std::size_t kills_ = 0;
    std::size_t unnoticed_ = 0;
};

}  // namespace fairlead::cli
