/// How many retries a pool may make: a fraction of the requests of the last 10 s, and always some.
/// So a pool that fails is not finished off by its own retries. Shared by workers; lock-free.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "balancing/settings.h"
#include "proxy/base/clock.h"

namespace fairlead::balancing {

class RetryBudget {
  public:
    /// @param workers  each counts requests in a line of its own
    explicit RetryBudget(const RetryBudgetSettings& settings, unsigned workers = 1);

    /// A request (not a retry) reached a backend.
    void note_request(Time now, unsigned worker = 0) noexcept;
    /// Asks for one retry. @return false when the last 10 s had their share; nothing is counted
    /// then.
    bool take(Time now) noexcept;
    /// One that was taken at this moment is not made after all.
    void give_back(Time now) noexcept;
    /// A retry has failed as well: it counts twice. So what a fault of some backends needs is
    /// there, and one of all of them uses up half.
    void note_useless(Time now) noexcept;

    /// Seen in the last 10 s: for status and tests.
    std::uint64_t requests(Time now) const noexcept;
    std::uint64_t retries(Time now) const noexcept;
    /// Retries allowed in the 10 s that end now.
    std::uint64_t allowed(Time now) const noexcept;

  private:
    static constexpr std::int64_t kWindowSeconds = 10;
    /// One cell per second, the second's number in the upper half; a cell of another second is
    /// empty.
    struct alignas(64) Cells {
        std::array<std::atomic<std::uint64_t>, 16> cells{};
        /// @return the cell's count with this one
        std::uint32_t add(std::int64_t second) noexcept;
        void undo(std::int64_t second) noexcept;
        std::uint64_t sum(std::int64_t second) const noexcept;
    };

    const RetryBudgetSettings settings_;
    const unsigned workers_;
    std::unique_ptr<Cells[]> requests_;
    Cells retries_;
};

}  // namespace fairlead::balancing
