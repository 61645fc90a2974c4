/// Messages to a loop from other threads.
#pragma once

#include <functional>
#include <memory>

#include "proxy/net/loop.h"

namespace fairlead::net {

class Wakeup {
  public:
    /// On the loop's thread (or before it runs).
    explicit Wakeup(Loop& loop);
    ~Wakeup();
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    /// Runs `message` on the loop's thread, in order. Any thread. Messages still waiting when the
    /// Wakeup is destroyed are dropped.
    void post(std::function<void()> message);
    /// Calls `on_nudge` (set once, before use) soon; calls may be merged. Any thread; does not
    /// allocate.
    void nudge() noexcept;
    void set_on_nudge(std::function<void()> on_nudge);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fairlead::net
