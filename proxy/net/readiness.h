/// Tells when a descriptor can be read or written without waiting: for sockets whose bytes need
/// system calls of their own (descriptors that travel along). Lives on its loop's thread.
#pragma once

#include <functional>
#include <memory>

#include "proxy/net/loop.h"

namespace fairlead::net {

class Readiness {
  public:
    /// @param descriptor  outlives this; a socket, pipe or terminal
    /// @param on_ready    called again and again while it is so; also when the other end is gone,
    ///                    which reading or writing then shows. May destroy this
    Readiness(Loop& loop, int descriptor, std::function<void()> on_ready);
    ~Readiness();
    Readiness(const Readiness&) = delete;
    Readiness& operator=(const Readiness&) = delete;

    /// What to wait for from now on; nothing at first.
    void wait_for(bool readable, bool writable);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fairlead::net
