/// What backends and waiting workers of one pool tell each other: "something changed", "a lease
/// came free", "somebody waits here". Shared by all threads; everything in it is atomic.
///
/// No wakeup is lost because both sides write first and look afterwards, all sequentially
/// consistent: a waiter registers, then looks for a free lease; a release gives its lease back,
/// then looks for waiters. At least one of the two sees the other.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>

#include "proxy/base/clock.h"

namespace fairlead::balancing {

/// Sends a worker to Pool::serve_waiters of the pool this was given to. `runtime` implements it
/// with the workers' Wakeups, one object for each pool, or one for all when a wake serves every
/// pool of a worker. Outlives every pool, backend and lease.
class Waker {
  public:
    virtual ~Waker() = default;
    /// Any thread. The worker must call serve_waiters soon, even when its queue is empty by then;
    /// wakes of one worker may be merged into one call as long as that call begins after the last
    /// wake.
    virtual void wake(unsigned worker) noexcept = 0;
};

class Signals {
  public:
    /// @param waker  may be null when there is one worker that never waits (tests)
    Signals(unsigned workers, Waker* waker);

    /// Counts every change of members, states and weights.
    std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
    /// Something changed (already stored): candidates are made anew, waiting workers look again.
    void changed() noexcept;

    /// Requests waiting, over all workers.
    std::uint32_t waiting() const { return waiting_.load(std::memory_order_seq_cst); }
    /// One more waits on `worker`. @return false when `limit` wait already; nothing is counted
    /// then.
    bool add_waiter(unsigned worker, std::uint32_t limit) noexcept;
    void remove_waiter(unsigned worker) noexcept;

    /// A lease was given back: wakes one waiting worker, in turn.
    void released() noexcept {
        if (waiting_.load(std::memory_order_seq_cst) != 0) wake_one();
    }
    /// Sends `worker` to look again, whoever's turn it is.
    void wake(unsigned worker) noexcept { waker_->wake(worker); }
    /// A worker was woken and could not use what came free: hands the turn on, at most once around.
    void pass_on() noexcept;

    /// A request failed on one of the pool's backends (any thread): somebody should look.
    void suspect() noexcept {
        if (!is_suspected_.load(std::memory_order_relaxed)) {
            is_suspected_.store(true, std::memory_order_relaxed);
        }
    }
    /// When a request failed last on one of the pool's backends.
    void note_failure(Time now) noexcept {
        last_failure_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    }
    Time last_failure() const {
        return Time{Duration{last_failure_.load(std::memory_order_relaxed)}};
    }
    /// Has anything failed since the last call?
    bool take_suspicion() noexcept {
        return is_suspected_.load(std::memory_order_relaxed) &&
               is_suspected_.exchange(false, std::memory_order_relaxed);
    }

    unsigned workers() const { return workers_; }

  private:
    void wake_one() noexcept;
    void wake_next() noexcept;

    const unsigned workers_;
    Waker* const waker_;
    /// Read by every pick, written rarely.
    alignas(64) std::atomic<std::uint64_t> version_{1};
    std::atomic<std::uint32_t> waiting_{0};
    std::atomic<bool> is_suspected_{false};
    std::atomic<Duration::rep> last_failure_{std::numeric_limits<Duration::rep>::min() / 2};
    /// Written while requests wait.
    alignas(64) std::atomic<std::uint32_t> cursor_{0};
    std::atomic<std::int32_t> hops_{0};
    std::unique_ptr<std::atomic<std::uint32_t>[]> waiting_on_;  ///< by worker
};

}  // namespace fairlead::balancing
