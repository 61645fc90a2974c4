/// A clock that stands still until a test moves it.
#pragma once

#include "proxy/base/clock.h"

namespace fairlead {

/// One thread. Both of its times start away from zero, so that "zero" never passes for "now".
class FakeClock final : public Clock {
  public:
    Time now() const override { return now_; }
    WallTime wall() const override { return wall_; }

    /// Both times go on by `step`.
    void advance(Duration step) {
        now_ += step;
        wall_ += std::chrono::duration_cast<std::chrono::milliseconds>(step);
    }
    /// Only the time of day jumps, as when somebody sets it.
    void set_wall(WallTime wall) { wall_ = wall; }

  private:
    Time now_{std::chrono::hours(1)};
    WallTime wall_{std::chrono::milliseconds(1'700'000'000'000)};  // 2023-11-14T22:13:20Z
};

}  // namespace fairlead
