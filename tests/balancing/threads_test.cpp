/// What must hold when workers really run at the same time. Deadlines here only end a test that
/// failed.
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "balancing/pool.h"
#include "proxy/base/random.h"
#include "tests/support/catch.h"

namespace fairlead::balancing {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{1h};

std::vector<BackendSettings> limited(std::size_t count, std::uint32_t max_in_flight) {
    std::vector<BackendSettings> backends;
    for (std::size_t i = 0; i < count; ++i) {
        backends.push_back({"b" + std::to_string(i),
                            {.host = "10.0.0.1", .port = 80, .unix_path = {}},
                            1,
                            max_in_flight,
                            0});
    }
    return backends;
}

PoolSettings with_policy(const std::string& policy) {
    PoolSettings settings;
    settings.policy = policy;
    settings.queue.size = 100'000;
    return settings;
}

/// Stands in for the loops' wakeups: a flag for each worker.
class Doorbells final : public Waker {
  public:
    explicit Doorbells(unsigned workers) : bells_(workers) {}
    void wake(unsigned worker) noexcept override {
        Bell& bell = bells_[worker];
        {
            const std::lock_guard lock{bell.mutex};
            bell.rung = true;
        }
        bell.changed.notify_one();
    }
    void wake_all() {
        for (unsigned worker = 0; worker < bells_.size(); ++worker) wake(worker);
    }
    bool take(unsigned worker) {
        Bell& bell = bells_[worker];
        const std::lock_guard lock{bell.mutex};
        return std::exchange(bell.rung, false);
    }
    /// @return false when nobody rang for so long that a wakeup must be lost
    bool wait(unsigned worker) {
        Bell& bell = bells_[worker];
        std::unique_lock lock{bell.mutex};
        if (!bell.changed.wait_for(lock, 20s, [&] { return bell.rung; })) return false;
        bell.rung = false;
        return true;
    }

  private:
    struct Bell {
        std::mutex mutex;
        std::condition_variable changed;
        bool rung = false;
    };
    std::vector<Bell> bells_;
};

struct Request final : Waiter {
    void on_turn(Picked picked) noexcept override { lease = std::move(picked.lease); }
    bool is_gone() const noexcept override { return false; }
    Lease lease;
    std::vector<const Backend*> tried;
};

struct Outcome {
    std::atomic<unsigned> still_working{0};
    std::atomic<bool> was_lost{false};
    std::atomic<bool> was_over{false};
    std::atomic<std::uint64_t> waits{0};
    std::atomic<std::uint64_t> served{0};
};

/// One worker: keeps up to eight requests, each waits for a lease, holds it for a while, and ends.
/// Blocks whenever all it has are waiting.
void work(const std::shared_ptr<SharedPool>& shared, unsigned worker, int requests,
          Doorbells& bells, Outcome& outcome) {
    Pool pool{shared, worker, worker + 1};
    Random random{worker + 100};
    std::list<Request> running;
    int to_begin = requests;
    while (to_begin > 0 || !running.empty()) {
        if (bells.take(worker)) pool.serve_waiters(kNow);
        bool has_done_something = false;
        if (to_begin > 0 && running.size() < 8 && random.below(2) == 0) {
            --to_begin;
            has_done_something = true;
            Request& request = running.emplace_back();
            // some are retries, which wait for one backend in particular
            if (shared->backends().size() > 1 && random.below(4) == 0) {
                request.tried.push_back(shared->backends()[0].get());
            }
            Picked picked = pool.pick(0, request.tried, kNow);
            if (picked.wait) {
                ++outcome.waits;
                // Gives the others time to free the lease just now, when nobody sees us wait yet.
                if (random.below(2) == 0) std::this_thread::yield();
                if (!pool.enqueue(request, 0, request.tried, kNow)) outcome.was_lost = true;
            } else {
                request.lease = std::move(picked.lease);
            }
        }
        for (auto request = running.begin(); request != running.end();) {
            if (request->lease) {
                has_done_something = true;
                const Backend& backend = request->lease.backend();
                if (backend.in_flight() > backend.max_in_flight()) outcome.was_over = true;
            }
            // a few give up waiting, as with a deadline
            const bool gives_up = request->is_waiting() && random.below(500) == 0;
            if (gives_up || (request->lease && random.below(3) == 0)) {
                if (!gives_up) ++outcome.served;
                request = running.erase(request);
            } else {
                ++request;
            }
        }
        const bool is_stuck =
            !has_done_something && !running.empty() && (to_begin == 0 || running.size() == 8);
        if (!is_stuck) continue;
        if (!bells.wait(worker)) {
            outcome.was_lost = true;
            break;
        }
        pool.serve_waiters(kNow);
    }
    // A worker without requests still hands turns on.
    if (--outcome.still_working == 0) bells.wake_all();
    while (outcome.still_working > 0 && !outcome.was_lost) {
        if (bells.wait(worker)) pool.serve_waiters(kNow);
    }
}

TEST_CASE("no waiter is forgotten, whichever worker frees the lease", "[balancing][threads]") {
    constexpr unsigned kWorkers = 4;
    const std::string policy = GENERATE("least_connections", "round_robin", "random_two");
    // With a single place, one wakeup that is lost stops everything: nothing else is in flight
    // whose end would wake again.
    const std::uint32_t places = GENERATE(1U, 2U);
    Doorbells bells{kWorkers};
    const auto shared =
        SharedPool::make("app", with_policy(policy), limited(places, places), kWorkers, &bells);
    Outcome outcome;
    outcome.still_working = kWorkers;
    std::vector<std::thread> threads;
    for (unsigned worker = 0; worker < kWorkers; ++worker) {
        threads.emplace_back([&, worker] { work(shared, worker, 20'000, bells, outcome); });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK_FALSE(outcome.was_lost);
    CHECK_FALSE(outcome.was_over);
    CHECK(outcome.waits > 1000);  // else nothing was tested
    CHECK(outcome.served > 1000);
    CHECK(shared->waiting() == 0);
    for (const auto& backend : shared->backends()) CHECK(backend->in_flight() == 0);
}

TEST_CASE("least_connections stays even over workers", "[balancing][threads]") {
    constexpr unsigned kWorkers = 4;
    Doorbells bells{kWorkers};
    const auto shared = SharedPool::make("app", with_policy("least_connections"),
                                         limited(7, kNoLimit), kWorkers, &bells);
    std::array<std::vector<Lease>, kWorkers> leases;
    std::vector<std::thread> threads;
    for (unsigned worker = 0; worker < kWorkers; ++worker) {
        threads.emplace_back([&, worker] {
            Pool pool{shared, worker, worker};
            for (int i = 0; i < 7000; ++i) leases[worker].push_back(pool.pick(0, {}, kNow).lease);
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const auto& backend : shared->backends()) CHECK(backend->in_flight() == 4000);
}

TEST_CASE("max_in_flight is exact over workers", "[balancing][threads]") {
    constexpr unsigned kWorkers = 4;
    const std::string policy =
        GENERATE("round_robin", "least_connections", "random", "hash", "first");
    Doorbells bells{kWorkers};
    const auto shared =
        SharedPool::make("app", with_policy(policy), limited(3, 100), kWorkers, &bells);
    std::array<std::vector<Lease>, kWorkers> leases;
    std::vector<std::thread> threads;
    for (unsigned worker = 0; worker < kWorkers; ++worker) {
        threads.emplace_back([&, worker] {
            Pool pool{shared, worker, worker};
            for (std::uint64_t i = 0; i < 1000; ++i) {
                Picked picked = pool.pick(i, {}, kNow);
                if (picked.lease) leases[worker].push_back(std::move(picked.lease));
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::size_t taken = 0;
    for (const auto& of_worker : leases) taken += of_worker.size();
    CHECK(taken == 300);
    for (const auto& backend : shared->backends()) CHECK(backend->in_flight() == 100);
}

TEST_CASE("states may change while workers pick", "[balancing][threads]") {
    constexpr unsigned kWorkers = 2;
    Doorbells bells{kWorkers};
    auto shared = SharedPool::make("app", with_policy("least_connections"), limited(4, 1000),
                                   kWorkers, &bells);
    std::atomic<bool> is_over{false};
    std::atomic<int> without{0};
    std::vector<std::thread> threads;
    for (unsigned worker = 0; worker < kWorkers; ++worker) {
        threads.emplace_back([&, worker] {
            Pool pool{shared, worker, worker};
            std::vector<Lease> leases(50);
            for (std::size_t i = 0; !is_over; ++i) {
                leases[i % leases.size()] = pool.pick(i, {}, kNow).lease;
                if (!leases[i % leases.size()]) ++without;
                if (i % 7 == 0) leases[i % leases.size()].failed(kNow);
            }
        });
    }
    for (int i = 0; i < 20'000; ++i) {
        Backend& backend =
            *shared->backends()[static_cast<std::size_t>(i) % 3];  // the fourth stays up
        backend.set_state(i % 2 == 0 ? State::Down : State::Up, kNow);
        if (i % 10 == 0) backend.set_weight(1 + static_cast<unsigned>(i) % 5);
    }
    is_over = true;
    for (std::thread& thread : threads) thread.join();
    CHECK(without == 0);
}

TEST_CASE("the last of owner and leases takes the backend away", "[balancing][threads]") {
    for (int round = 0; round < 2000; ++round) {
        Doorbells bells{2};
        auto shared = SharedPool::make("app", with_policy("round_robin"),
                                       limited(1, round % 2 == 0 ? kNoLimit : 5), 2, &bells);
        Lease lease;
        {
            Pool pool{shared, 0, 1};
            lease = pool.pick(0, {}, kNow).lease;
        }
        std::thread owner{[&] { shared.reset(); }};
        lease.release();
        owner.join();
    }
    // What was taken away gave its slot back.
    const auto shared =
        SharedPool::make("app", with_policy("round_robin"), limited(1, 1), 1, nullptr);
    CHECK(shared->backends()[0]->slot() == 0);
}

}  // namespace
}  // namespace fairlead::balancing
