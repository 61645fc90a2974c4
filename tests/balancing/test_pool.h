/// A pool of one worker with a fake clock and a recording waker, and traffic for it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "balancing/pool.h"
#include "proxy/base/random.h"

namespace fairlead::balancing {

using names = std::vector<std::string>;
using namespace std::chrono_literals;

inline BackendSettings backend_named(std::string name, unsigned weight = 1, unsigned tier = 0,
                                     std::uint32_t max_in_flight = kNoLimit) {
    return {std::move(name),
            {.host = "10.0.0.1", .port = 80, .unix_path = {}},
            weight,
            max_in_flight,
            tier};
}

inline std::vector<BackendSettings> backends_numbered(std::size_t count) {
    std::vector<BackendSettings> backends;
    for (std::size_t i = 0; i < count; ++i)
        backends.push_back(backend_named("b" + std::to_string(i)));
    return backends;
}

class FakeWaker final : public Waker {
  public:
    void wake(unsigned worker) noexcept override { woken.push_back(worker); }
    std::vector<unsigned> woken;
};

struct TestPool {
    explicit TestPool(const std::string& policy, std::vector<BackendSettings> backends,
                      PoolSettings settings = {}, unsigned workers = 1)
        : shared(SharedPool::make("app", with_policy(std::move(settings), policy),
                                  std::move(backends), workers, &waker)),
          pool(shared, 0, 7) {
        for (const auto& backend : shared->backends()) backend->set_state(State::Up, now);
    }

    static PoolSettings with_policy(PoolSettings settings, const std::string& policy) {
        settings.policy = policy;
        return settings;
    }

    Backend& backend(std::string_view name) { return *shared->find(name); }
    void set(std::string_view name, State state) { backend(name).set_state(state, now); }

    Lease pick(std::uint64_t key = 0, const std::vector<const Backend*>& tried = {}) {
        return pool.pick(key, tried, now).lease;
    }
    /// The name of the one chosen, released at once; or the failure's word, or "wait".
    std::string name(std::uint64_t key = 0, const std::vector<const Backend*>& tried = {}) {
        const Picked picked = pool.pick(key, tried, now);
        if (picked.wait) return "wait";
        return picked.lease ? picked.lease.backend().name() : std::string{word(picked.failure)};
    }
    /// How often each was chosen in so many picks, each released at once.
    std::map<std::string, int> shares(int picks) {
        std::map<std::string, int> count;
        for (int i = 0; i < picks; ++i) ++count[name(static_cast<std::uint64_t>(i))];
        return count;
    }

    FakeWaker waker;
    Time now{1h};
    std::shared_ptr<SharedPool> shared;
    Pool pool;
};

/// Open-loop Poisson traffic through a TestPool under its fake clock.
class Traffic {
  public:
    /// How long a request takes on this backend; a negative time is a failure after so long.
    using Service = std::function<Duration(const Backend&, Random&)>;

    Traffic(TestPool& pool, double per_second, Service service, std::uint64_t seed = 1)
        : pool_(pool), per_second_(per_second), service_(std::move(service)), random_(seed) {}
    ~Traffic() {
        while (!running_.empty()) running_.pop();
    }
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;

    void run(Duration span) {
        const Time end = pool_.now + span;
        for (;;) {
            const double gap = -std::log(1 - random_.unit()) / per_second_;
            const Time next = pool_.now + std::chrono::duration_cast<Duration>(
                                              std::chrono::duration<double>(gap));
            finish_until(std::min(next, end));
            pool_.now = std::min(next, end);
            if (next >= end) return;
            pool_.shared->tick(pool_.now);
            begin();
        }
    }

    /// When and whom, in order.
    std::vector<std::pair<Time, const Backend*>> picks;
    std::map<std::string, int> share() const {
        std::map<std::string, int> count;
        for (const auto& [when, backend] : picks) ++count[backend->name()];
        return count;
    }
    std::uint64_t unserved = 0;

  private:
    struct Running {
        Time end;
        Time begin;
        bool fails;
        mutable Lease lease;
        bool operator<(const Running& other) const { return end > other.end; }
    };

    void begin() {
        Picked picked = pool_.pool.pick(random_.next(), {}, pool_.now);
        if (!picked.lease) {
            ++unserved;
            return;
        }
        picks.emplace_back(pool_.now, &picked.lease.backend());
        const Duration takes = service_(picked.lease.backend(), random_);
        running_.push({pool_.now + (takes < 0ns ? -takes : takes), pool_.now, takes < 0ns,
                       std::move(picked.lease)});
    }

    void finish_until(Time until) {
        while (!running_.empty() && running_.top().end <= until) {
            const Running& done = running_.top();
            if (done.fails) {
                done.lease.failed(done.end);
            } else {
                done.lease.observe(done.end - done.begin, done.end);
            }
            running_.pop();
        }
    }

    TestPool& pool_;
    const double per_second_;
    const Service service_;
    Random random_;
    std::priority_queue<Running> running_;
};

/// Exponentially distributed around a mean.
inline Traffic::Service taking(Duration mean) {
    return [mean](const Backend&, Random& random) {
        const double factor = -std::log(1 - random.unit());
        return std::chrono::duration_cast<Duration>(mean * factor) + 1ns;
    };
}

}  // namespace fairlead::balancing
