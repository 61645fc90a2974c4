#include "proxy/l7/pace.h"

namespace fairlead::l7 {

void Pace::start(Time now, std::uint64_t bytes_total) {
    window_ = first_;
    window_began_ = moved_at_ = now;
    window_bytes_ = bytes_total_ = bytes_total;
}

Pace::Verdict Pace::check(Time now, std::uint64_t bytes_total, Duration idle_max,
                          std::uint64_t bytes_per_second_min) {
    if (bytes_total != bytes_total_) {
        bytes_total_ = bytes_total;
        moved_at_ = now;
    } else if (now - moved_at_ >= idle_max) {
        return Verdict::Idle;
    }
    const Duration window = now - window_began_;
    if (window < window_) return Verdict::Fine;
    const double seconds = std::chrono::duration<double>(window).count();
    const double rate = static_cast<double>(bytes_total - window_bytes_) / seconds;
    window_ = later_;
    window_began_ = now;
    window_bytes_ = bytes_total;
    return rate < static_cast<double>(bytes_per_second_min) ? Verdict::Slow : Verdict::Fine;
}

}  // namespace fairlead::l7
