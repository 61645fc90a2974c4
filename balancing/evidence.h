/// What requests have shown of one backend lately: how many were answered, how many failed, and the
/// failures in a row at the end. Workers write it as attempts end, main reads it (Ejection). All of
/// it is atomic and relaxed: a count that is seen a moment late changes nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "proxy/base/clock.h"

namespace fairlead::balancing {

/// How a request failed, as far as it tells something about the backend.
enum class Fault : std::uint8_t {
    Connect,  ///< no connection (refused, timed out, no TLS): nothing was sent
    Silent,   ///< no answer in time
    Broken,   ///< broke off, or an answer that is none
    Answer,   ///< said itself that it failed: 500, 502, 503, 504
    Left,     ///< the client left unanswered, which may be its own cause: half as much
};
/// As reasons say it: "no connection", "no answer in time", ...
std::string_view word(Fault fault);

class Evidence {
  public:
    /// Failures without an answered request in between.
    struct Row {
        std::uint32_t points = 0;  ///< kPoints for each, half of that for Fault::Left
        Fault last = Fault::Connect;
        bool is_connect_only = false;
        Time began{};  ///< of the first one, to a millisecond
        Time ended{};  ///< of the last one, likewise
    };
    static constexpr std::uint32_t kPoints = 2;

    /// A request was answered. Any thread.
    void good() noexcept {
        answered_.fetch_add(1, std::memory_order_relaxed);
        if (row_.load(std::memory_order_relaxed) != 0) [[unlikely]]
            row_.store(0, std::memory_order_relaxed);
    }
    /// A request failed. Any thread.
    void bad(Fault fault, Time now) noexcept;

    // ---- main
    Row row() const;
    /// Counts since the process began; they wrap around.
    std::uint32_t answered() const { return answered_.load(std::memory_order_relaxed); }
    std::uint32_t failed() const { return failed_.load(std::memory_order_relaxed); }
    /// What came before counts no more.
    void forget_row() { row_.store(0, std::memory_order_relaxed); }

  private:
    // Points (14 bits), last fault (3), "connect only" (1), beginning in ms (46); 0: no row.
    std::atomic<std::uint64_t> row_{0};
    std::atomic<std::int64_t> last_ms_{0};
    std::atomic<std::uint32_t> answered_{0};
    std::atomic<std::uint32_t> failed_{0};
};

}  // namespace fairlead::balancing
