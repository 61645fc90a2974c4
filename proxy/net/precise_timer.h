/// A one-shot timer that is exact to some tens of microseconds, where the timer wheel's 8 ms are
/// too coarse: a load schedule, a test origin's delay. Costs a descriptor (timerfd) and a system
/// call each time it is set, so there is one per loop and purpose, never one per connection.
#pragma once

#include <memory>

#include "proxy/base/clock.h"
#include "proxy/net/loop.h"

namespace fairlead::net {

class PreciseTimer {
  public:
    using Callback = void (*)(void* owner) noexcept;

    /// @param on_passed  called on the loop's thread; may set, clear or destroy the timer
    PreciseTimer(Loop& loop, void* owner, Callback on_passed);
    ~PreciseTimer();
    PreciseTimer(const PreciseTimer&) = delete;
    PreciseTimer& operator=(const PreciseTimer&) = delete;

    /// Calls `(owner.*method)()` when passed.
    template <auto method, class Owner>
    static std::unique_ptr<PreciseTimer> of(Loop& loop, Owner& owner) {
        return std::make_unique<PreciseTimer>(
            loop, &owner, [](void* self) noexcept { (static_cast<Owner*>(self)->*method)(); });
    }

    /// Arms it, or moves it. What lies in the past passes in the loop's next turn. Time::max()
    /// clears it.
    void set(Time when);
    void clear() { set(Time::max()); }
    bool is_set() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fairlead::net
