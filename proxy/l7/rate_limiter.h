/// How often each client may come: the generic cell rate algorithm (GCRA, ITU-T I.371), which keeps
/// one time for each client and needs no timer. Shared by all workers, and over reloads as long as
/// the route's name stays; any thread.
///
/// The table is bounded. Where clients meet in a full row, the one that is nearest to being free
/// again is forgotten: a crowd can make the limit looser, never refuse somebody else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/clock.h"

namespace fairlead::l7 {

/// So many requests on average, and so many at once.
struct RateSettings {
    Duration interval{1};  ///< between two requests on average; at least 1 ns
    std::uint64_t burst = 1;
};

class RateLimiter {
  public:
    static constexpr std::size_t kClients = 65'536;

    /// @param seed  nobody outside can tell which clients share a row
    /// @param clients  kept at a time; rounded up to whole rows
    explicit RateLimiter(std::uint64_t seed, std::size_t clients = kClients);

    /// One more request of this client.
    /// @return zero: it may go on, and counts. Else it does not count, and would be let in so much
    ///         later
    Duration take(const IpAddress& client, const RateSettings& settings, Time now);

  private:
    static constexpr std::size_t kRowClients = 8;
    static constexpr std::size_t kLocks = 64;  ///< more than workers, so that they seldom meet
    struct Cell {
        IpAddress client;
        /// The "theoretical arrival time"; past: nothing is kept.
        Time free_at = Time::min();
    };
    using Row = std::array<Cell, kRowClients>;

    const std::uint64_t seed_;
    std::vector<Row> rows_;
    std::array<std::mutex, kLocks> locks_;
};

}  // namespace fairlead::l7
