/// A thread with an event loop of its own, for what is embedded beside the balancer in one process.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "proxy/net/loop.h"

namespace fairlead::bench {

class LoopThread {
  public:
    LoopThread();
    /// Stops the loop and joins. Everything that lives on the loop must be gone: destroy it by
    /// call().
    ~LoopThread();
    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;

    /// Runs `work` on the loop's thread and waits until it is done. Any thread but the loop's own.
    void call(const std::function<void(net::Loop&)>& work);

  private:
    struct Inside;  // loop and wakeup, on the thread's stack
    Inside* inside_ = nullptr;
    std::thread thread_;
};

}  // namespace fairlead::bench
