/// Is a transfer getting on? Watches one direction of one body: an idle time-out, and a lowest rate
/// once it has run for a while (a client that sends a byte now and then holds a place for ever
/// otherwise). Pure; the caller says when it is and how far the transfer has come.
#pragma once

#include <cstdint>

#include "proxy/base/clock.h"

namespace fairlead::l7 {

class Pace {
  public:
    enum class Verdict : std::uint8_t { Fine, Idle, Slow };

    /// @param first  the rate is taken so long after the start for the first time
    /// @param later  and then over so long each: longer than an idle time, so that a pause is
    /// judged
    ///               by that and not by the rate
    Pace(Duration first, Duration later) : first_(first), later_(later) {}

    void start(Time now, std::uint64_t bytes_total);
    /// The transfer was held up by us, not by the peer: time begins anew.
    void excuse(Time now, std::uint64_t bytes_total) { start(now, bytes_total); }
    /// @param bytes_per_second_min  0: none
    Verdict check(Time now, std::uint64_t bytes_total, Duration idle_max,
                  std::uint64_t bytes_per_second_min);

  private:
    const Duration first_;
    const Duration later_;
    Duration window_{};
    Time window_began_{};
    Time moved_at_{};
    std::uint64_t window_bytes_ = 0;
    std::uint64_t bytes_total_ = 0;
};

}  // namespace fairlead::l7
