/// Work that blocks (files, names) off the loop's thread: on libuv's thread pool, its completion
/// back on the loop. Lives on, and is touched by, the loop's thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "proxy/net/loop.h"

namespace fairlead::net {

/// The first job starts the pool's threads: what must happen in a process with one thread (changing
/// the user) comes before.
class Background {
  public:
    /// @param jobs_max  waiting and running, of this object
    explicit Background(Loop& loop, std::size_t jobs_max = 64);
    /// Completions are not called any more. Jobs that wait are dropped; one that runs goes on to
    /// its end, so `work` owns what it touches. `~Loop` waits for it.
    ~Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    /// @param work     on a thread of the pool; must not throw
    /// @param on_done  afterwards, on the loop; may destroy this object
    /// @return false when `jobs_max` are under way: neither is called
    [[nodiscard]] bool run(std::function<void()> work, std::function<void()> on_done);
    /// Waiting or running.
    std::size_t jobs() const;

  private:
    struct Job;
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fairlead::net
