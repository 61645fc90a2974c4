/// The demo's clients: steady traffic through the balancer, on a thread of their own.
#pragma once

#include <memory>

#include "bench/loop_thread.h"
#include "bench/traffic.h"

namespace fairlead::cli {

class DemoTraffic {
  public:
    explicit DemoTraffic(bench::TrafficSettings settings);
    ~DemoTraffic();
    DemoTraffic(const DemoTraffic&) = delete;
    DemoTraffic& operator=(const DemoTraffic&) = delete;

    bench::TrafficCounts counts();
    /// No further requests. What is under way goes on until is_idle().
    void stop();
    bool is_idle();

  private:
    bench::LoopThread thread_;
    std::unique_ptr<bench::Traffic> traffic_;  // on the thread
};

}  // namespace fairlead::cli
