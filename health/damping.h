/// Holds back a backend that comes and goes: the more often it went down lately, the longer it has
/// to look good before it is used again. Pure; one per checked backend, on the monitor's thread.
/// What people, reloads and name servers change is not counted.
#pragma once

#include <array>
#include <cstddef>

#include "proxy/base/clock.h"

namespace fairlead::health {

class Damping {
  public:
    static constexpr Duration kWindow = std::chrono::minutes{10};
    /// Of the last kWindow; with fewer there is no hold.
    static constexpr std::size_t kDownsFree = 3;
    static constexpr Duration kHoldFirst =
        std::chrono::seconds{5};  ///< doubled by each further one
    static constexpr Duration kHoldMax = std::chrono::seconds{60};

    /// Checks found it down, when it was well before.
    void note_down(Time now);
    std::size_t downs(Time now) const;
    /// So long its checks have to pass, at least. Falls as downs get old.
    Duration hold(Time now) const;

  private:
    static constexpr std::size_t kKept = 8;  // more make no difference
    std::array<Time, kKept> downs_{};        // a ring
    std::size_t count_ = 0;
};

}  // namespace fairlead::health
