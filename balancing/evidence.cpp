#include "balancing/evidence.h"

#include <algorithm>

namespace fairlead::balancing {
namespace {

constexpr std::uint64_t kPointsMax = (1U << 14) - 1;
constexpr unsigned kFaultShift = 14;
constexpr std::uint64_t kFaultMask = 7;
constexpr unsigned kConnectShift = 17;
constexpr unsigned kBeganShift = 18;

std::int64_t milliseconds(Time time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

std::string_view word(Fault fault) {
    switch (fault) {
        case Fault::Connect:
            return "no connection";
        case Fault::Silent:
            return "no answer in time";
        case Fault::Broken:
            return "an answer that broke off";
        case Fault::Answer:
            return "a 5xx answer";
        case Fault::Left:
            break;
    }
    return "a client that left unanswered";
}

void Evidence::bad(Fault fault, Time now) noexcept {
    const std::uint64_t more = fault == Fault::Left ? kPoints / 2 : kPoints;
    const std::int64_t now_ms = milliseconds(now);
    last_ms_.store(now_ms, std::memory_order_relaxed);
    std::uint64_t before = row_.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
        const bool is_first = before == 0;
        const std::uint64_t points = std::min((before & kPointsMax) + more, kPointsMax);
        const bool was_connect_only = is_first || ((before >> kConnectShift) & 1) != 0;
        const std::uint64_t began =
            is_first ? static_cast<std::uint64_t>(now_ms) : before >> kBeganShift;
        const std::uint64_t is_connect_only = was_connect_only && fault == Fault::Connect ? 1 : 0;
        next = points | static_cast<std::uint64_t>(fault) << kFaultShift |
               is_connect_only << kConnectShift | began << kBeganShift;
    } while (!row_.compare_exchange_weak(before, next, std::memory_order_relaxed));
    failed_.fetch_add(1, std::memory_order_relaxed);
}

Evidence::Row Evidence::row() const {
    const std::uint64_t packed = row_.load(std::memory_order_relaxed);
    Row row;
    row.points = static_cast<std::uint32_t>(packed & kPointsMax);
    row.last = static_cast<Fault>((packed >> kFaultShift) & kFaultMask);
    row.is_connect_only = ((packed >> kConnectShift) & 1) != 0;
    row.began = Time{std::chrono::milliseconds{packed >> kBeganShift}};
    row.ended = Time{std::chrono::milliseconds{last_ms_.load(std::memory_order_relaxed)}};
    return row;
}

}  // namespace fairlead::balancing
