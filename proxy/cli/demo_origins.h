/// The demo's three origins: on a thread of their own, on free ports of the loopback.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "bench/execution_log.h"
#include "bench/loop_thread.h"
#include "bench/origin.h"
#include "proxy/base/address.h"
#include "proxy/base/result.h"

namespace fairlead::cli {

class DemoOrigins {
  public:
    /// Ports are looked for here, below those the kernel hands out: a dead origin's port must not
    /// be taken by somebody's outgoing connection meanwhile.
    static constexpr std::uint16_t kPortMin = 23'001;
    static constexpr std::uint16_t kPortMax = 23'999;

    static Result<std::unique_ptr<DemoOrigins>> start(std::size_t count);
    ~DemoOrigins();
    DemoOrigins(const DemoOrigins&) = delete;
    DemoOrigins& operator=(const DemoOrigins&) = delete;

    const std::vector<SocketAddress>& addresses() const { return addresses_; }
    /// "a", "b", "c", as in X-Origin.
    static std::string name(std::size_t origin);

    /// Hard: connections reset, port closed.
    void kill(std::size_t origin);
    Result<void> revive(std::size_t origin);
    bool is_alive(std::size_t origin) const { return is_alive_[origin]; }

  private:
    DemoOrigins() = default;
    Result<void> add(std::uint16_t& port);

    bench::LoopThread thread_;
    bench::ExecutionLog log_;                              // on the thread
    std::vector<std::unique_ptr<bench::Origin>> origins_;  // on the thread
    std::vector<SocketAddress> addresses_;
    std::vector<bool> is_alive_;
};

}  // namespace fairlead::cli
