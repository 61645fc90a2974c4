#include "health/describe.h"

#include <fmt/format.h>

#include "proxy/base/units.h"

namespace fairlead::health {

std::string describe(const Streak& streak, std::string_view times) {
    if (streak.passed) return fmt::format("{} passed", streak.count);
    if (streak.is_of_one_reason) return fmt::format("{}{}{}", streak.count, times, streak.reason);
    return fmt::format("{} failed, the last with {}", streak.count, streak.reason);
}

std::string brief(Duration duration) {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    if (duration < Duration::zero()) duration = Duration::zero();
    // Below 9.95 s, so that 9.96 s is not printed as "10.0s".
    if (duration < milliseconds{9950}) {
        return fmt::format("{:.1f}s", std::chrono::duration<double>{duration}.count());
    }
    return format_duration(std::chrono::round<seconds>(duration));
}

std::string time_of_day(WallTime when) {
    using std::chrono::seconds;
    constexpr seconds::rep kDay = 24 * 60 * 60;
    const seconds::rep second = std::chrono::floor<seconds>(when.time_since_epoch()).count() % kDay;
    return fmt::format("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
}

std::string describe(const Change& change) {
    std::string text = fmt::format("pool {}: backend {}", change.pool, change.backend);
    if (change.address != change.backend) text += fmt::format(" ({})", change.address);
    text += fmt::format(" is {}: {}", balancing::word(change.after), change.why);
    if (change.before != balancing::State::Unknown) {
        text +=
            fmt::format(", was {} for {}", balancing::word(change.before), brief(change.lasted));
    }
    return text;
}

}  // namespace fairlead::health
