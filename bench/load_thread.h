/// One thread of a load run, with a lane for each target, and the CPU it uses.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "bench/generator_cpu.h"
#include "bench/lane.h"
#include "bench/load_run.h"
#include "bench/loop_thread.h"

namespace fairlead::bench {

/// The lanes of thread number `thread`, from 0: its shares of rate and connections.
/// @param id_series  before the number in each request's X-Bench-Id; empty: no ids
std::vector<LaneSettings> lanes_of(const LoadSettings& settings, std::string_view id_series,
                                   unsigned thread);

class LoadThread {
  public:
    struct Cpu {
        double user_seconds = 0;
        double system_seconds = 0;
        double busy_share = 0;  ///< running or waiting for a CPU, 0 to 1
    };

    explicit LoadThread(std::vector<LaneSettings> lanes);
    ~LoadThread();  ///< closes every connection
    LoadThread(const LoadThread&) = delete;
    LoadThread& operator=(const LoadThread&) = delete;

    /// Runs `work(Lane&)` for each lane on the thread, and waits until it is done.
    template <class Work>
    void each_lane(Work work) {
        thread_.call([&](net::Loop&) {
            for (const auto& lane : lanes_) work(*lane);
        });
    }

    void begin_measuring();
    /// Since begin_measuring().
    Cpu measured_cpu();

  private:
    LoopThread thread_;
    std::vector<std::unique_ptr<Lane>> lanes_;  // live on the thread
    ThreadCpu cpu_then_;
    Time then_{};
};

}  // namespace fairlead::bench
