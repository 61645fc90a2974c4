/// How many client connections the process may hold, over all workers: at the cap accepting pauses
/// and the kernel's queue keeps what comes.
#pragma once

#include <atomic>
#include <cstdint>

namespace fairlead::runtime {

class ConnectionCap {
  public:
    explicit ConnectionCap(std::uint64_t most) : most_(most) {}

    /// Counts one more. @return false when that was the last one allowed: pause now
    bool add() { return count_.fetch_add(1, std::memory_order_relaxed) + 1 < most(); }
    /// @return true when there was no room before: workers that paused may go on
    bool remove() { return count_.fetch_sub(1, std::memory_order_relaxed) >= most(); }
    bool is_full() const { return count_.load(std::memory_order_relaxed) >= most(); }

    std::uint64_t most() const { return most_.load(std::memory_order_relaxed); }
    /// A reload's; connections above it stay.
    void set_most(std::uint64_t most) { most_.store(most, std::memory_order_relaxed); }
    std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> most_;
    std::atomic<std::uint64_t> count_{0};
};

/// Raises the soft descriptor limit to the hard one and says what `max_connections = "auto"` is
/// then: (limit - reserve) / 2, since each exchange may need a descriptor on either side.
std::uint64_t raise_descriptor_limit();

}  // namespace fairlead::runtime
