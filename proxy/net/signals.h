/// Process signals as calls on main's loop.
#pragma once

#include <functional>
#include <memory>

#include "proxy/net/loop.h"

namespace fairlead::net {

/// Watches one signal as long as it lives.
class SignalWatch {
  public:
    SignalWatch(Loop& loop, int signal_number, std::function<void()> on_signal);
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// SIGPIPE must never end a proxy.
void ignore_sigpipe();

}  // namespace fairlead::net
