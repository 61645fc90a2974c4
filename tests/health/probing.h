/// One probe against one fake backend.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "health/registry.h"
#include "proxy/net/timer_wheel.h"
#include "tests/health/fake_backend.h"

namespace fairlead::health {

struct Probing {
    /// "passed", "failed: REASON" or "skipped: REASON".
    std::string run(const conf::Check& check) {
        start(check);
        return outcome();
    }
    void start(const conf::Check& check, std::vector<SocketAddress> addresses = {}) {
        if (addresses.empty()) addresses = {backend.address()};
        SocketProbes probes{loop};
        probe = probes.make(check, {backend.host_port(), std::move(addresses)});
        start_again();
    }
    void start_again() {
        result.reset();
        probe->start([this](ProbeResult its) {
            REQUIRE(!result);  // told once
            result = std::move(its);
        });
        REQUIRE(!result);  // never within start()
    }
    std::string outcome() {
        while (!result) loop.run_once();
        std::string text{word(result->outcome)};
        if (!result->reason.empty()) text += ": " + result->reason;
        return text;
    }
    /// The timers see the time of the check pass, without anybody waiting for it.
    void let_time_pass() { loop.timers().advance(loop.now() + std::chrono::minutes{1}); }

    net::Loop loop;
    FakeBackend backend{loop};
    std::unique_ptr<Probe> probe;
    std::optional<ProbeResult> result;
};

}  // namespace fairlead::health
