#include "bench/figures.h"

#include <fmt/format.h>

namespace fairlead::bench {

std::string human_duration(Duration duration) {
    const double ms = std::chrono::duration<double, std::milli>(duration).count();
    if (ms < 1) return fmt::format("{:.0f}us", ms * 1000);
    if (ms < 100) return fmt::format("{:.0f}ms", ms);
    return ms < 1000 ? fmt::format("{:.2f}s", ms / 1000) : fmt::format("{:.1f}s", ms / 1000);
}

std::string human_number(std::uint64_t number) {
    std::string out = std::to_string(number);
    for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
    return out;
}

}  // namespace fairlead::bench
