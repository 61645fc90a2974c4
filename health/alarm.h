/// Wakes the monitor at a time of its choice: by a loop's timer wheel, or by a test's fake clock.
#pragma once

#include <functional>
#include <utility>

#include "proxy/base/clock.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::health {

class Alarm {
  public:
    virtual ~Alarm() = default;
    /// The one time to call at; replaces the one set before. Time::max() is never. A time that has
    /// passed means soon, not within this call.
    virtual void set(Time when) = 0;
    /// Whom to call. Set before the first set().
    void listen(std::function<void()> on_passed) { on_passed_ = std::move(on_passed); }

  protected:
    std::function<void()> on_passed_;
};

class LoopAlarm final : public Alarm {
  public:
    /// `loop` outlives this.
    explicit LoopAlarm(net::Loop& loop);
    void set(Time when) override { deadline_.set(when); }

  private:
    net::Deadline deadline_;
};

}  // namespace fairlead::health
