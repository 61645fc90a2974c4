/// Time as the project uses it. Everything below `runtime` is handed the time, nothing asks for it.
#pragma once

#include <chrono>
#include <cstdint>

namespace fairlead {

using Duration = std::chrono::nanoseconds;
/// Monotonic. The zero point has no meaning.
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// Of the day, for people. May jump.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// "none" of the configuration: a deadline that never comes.
inline constexpr Duration kForever = Duration::max();

class Clock {
  public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    virtual WallTime wall() const = 0;
};

/// The machine's clocks. Any thread.
class SystemClock final : public Clock {
  public:
    Time now() const override;
    WallTime wall() const override;
};

/// `deadline` after `now`, with kForever kept as it is.
constexpr Time after(Time now, Duration delay) {
    return delay == kForever ? Time::max() : now + delay;
}

inline std::uint64_t milliseconds(Duration duration) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace fairlead
