// Choosing a backend and giving its lease back, for each policy.
#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

#include "balancing/pool.h"
#include "balancing/registry.h"
#include "bench/micro/micro.h"

namespace fairlead::micro {

namespace {

using namespace std::chrono_literals;

std::shared_ptr<balancing::SharedPool> pool_of(const std::string& policy, std::size_t backends) {
    balancing::PoolSettings settings;
    settings.policy = policy;
    std::vector<balancing::BackendSettings> members(backends);
    for (std::size_t i = 0; i < backends; ++i) {
        members[i].name = "b" + std::to_string(i);
        members[i].address = {.host = "10.0.0.1", .port = 80, .unix_path = {}};
    }
    return balancing::SharedPool::make("app", std::move(settings), std::move(members), 1, nullptr);
}

void pick(benchmark::State& state, const std::string& policy) {
    const auto shared = pool_of(policy, static_cast<std::size_t>(state.range(0)));
    Time now{1h};
    for (const auto& backend : shared->backends()) {
        backend->set_state(balancing::State::Up, now);
    }
    balancing::Pool pool(shared, 0, 7);
    pool.pick(0, {}, now);  // makes what a policy keeps: the hash's ring takes milliseconds
    std::uint64_t key = 1;
    for (auto _ : state) {
        balancing::Picked picked = pool.pick(key, {}, now);
        if (!picked.lease) {
            state.SkipWithError("nothing was picked");
            break;
        }
        picked.lease.observe(1ms, now);  // as every answered request does
        key = key * 6364136223846793005U + 1442695040888963407U;
        now += 10us;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

}  // namespace

void register_pick() {
    for (const balancing::PolicyRow& row : balancing::policies()) {
        const std::string policy(row.name);
        benchmark::RegisterBenchmark(("pick/" + policy).c_str(),
                                     [policy](benchmark::State& state) { pick(state, policy); })
            ->ArgName("backends")
            ->Arg(3)
            ->Arg(100);
    }
}

}  // namespace fairlead::micro
