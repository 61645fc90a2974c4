/// Origins on a thread of their own, on free ports of the loopback.
#pragma once

#include <memory>
#include <vector>

#include "bench/execution_log.h"
#include "bench/loop_thread.h"
#include "bench/origin.h"
#include "proxy/net/signals.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

class TestOrigins {
  public:
    explicit TestOrigins(unsigned count = 1, Duration close_idle = kForever) {
        net::ignore_sigpipe();  // as every program here does
        thread_.call([&](net::Loop& loop) {
            for (unsigned i = 0; i < count; ++i) {
                OriginSettings settings;
                settings.bind = *BindAddress::parse("127.0.0.1:0");
                settings.name = std::string(1, static_cast<char>('a' + i));
                settings.close_idle = close_idle;
                settings.seed = 7;
                auto origin = Origin::make(loop, std::move(settings), log_);
                if (origin) origins_.push_back(std::move(*origin));
            }
        });
        REQUIRE(origins_.size() == count);
    }
    ~TestOrigins() {
        thread_.call([this](net::Loop&) { origins_.clear(); });
    }

    SocketAddress address(std::size_t i = 0) const { return origins_[i]->address().address; }
    /// Runs `work` with one origin on the loop's thread.
    template <class Work>
    void with(std::size_t i, Work work) {
        thread_.call([&](net::Loop&) { work(*origins_[i]); });
    }
    template <class Work>
    void with_log(Work work) {
        thread_.call([&](net::Loop&) { work(log_); });
    }

  private:
    LoopThread thread_;
    ExecutionLog log_;
    std::vector<std::unique_ptr<Origin>> origins_;
};

}  // namespace fairlead::bench
