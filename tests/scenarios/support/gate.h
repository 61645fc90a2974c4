/// Lets threads of a test wait for one another without sleeping: closed until somebody opens it.
#pragma once

#include <condition_variable>
#include <mutex>

#include "tests/scenarios/support/wire.h"

namespace fairlead::scenarios {

class Gate {
  public:
    void open() {
        const std::lock_guard lock(mutex_);
        is_open_ = true;
        opened_.notify_all();
    }
    /// @return false when nobody opened it for kPatience
    bool wait() {
        std::unique_lock lock(mutex_);
        return opened_.wait_for(lock, kPatience, [this] { return is_open_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable opened_;
    bool is_open_ = false;
};

}  // namespace fairlead::scenarios
