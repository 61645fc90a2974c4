/// The demo's clients: steady traffic through the balancer, on a thread of their own.
#pragma once

#include <memory>

#include "bench/lane.h"
#include "bench/loop_thread.h"
#include "bench/tally.h"

namespace fairlead::cli {

class DemoTraffic {
  public:
    /// Starts at once.
    explicit DemoTraffic(bench::LaneSettings settings);
    ~DemoTraffic();
    DemoTraffic(const DemoTraffic&) = delete;
    DemoTraffic& operator=(const DemoTraffic&) = delete;

    /// Everything so far.
    const bench::Tally& tally();
    /// No further requests. What is under way goes on until is_idle().
    void stop();
    bool is_idle();

  private:
    bench::LoopThread thread_;
    std::unique_ptr<bench::Lane> lane_;  // on the thread
    bench::Tally tally_;
};

}  // namespace fairlead::cli
