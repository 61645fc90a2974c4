#include "balancing/retry_budget.h"

#include <algorithm>

namespace fairlead::balancing {
namespace {

std::int64_t second_of(Time now) {
    return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

std::uint64_t stamp(std::int64_t second) { return static_cast<std::uint64_t>(second) << 32; }

constexpr std::uint64_t kStampMask = ~std::uint64_t{0xFFFFFFFF};

}  // namespace

std::uint32_t RetryBudget::Cells::add(std::int64_t second) noexcept {
    auto& cell = cells[static_cast<std::uint64_t>(second) % cells.size()];
    std::uint64_t before = cell.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
        next = (before & kStampMask) == stamp(second) ? before + 1 : stamp(second) | 1;
    } while (!cell.compare_exchange_weak(before, next, std::memory_order_relaxed));
    return static_cast<std::uint32_t>(next);
}

void RetryBudget::Cells::undo(std::int64_t second) noexcept {
    auto& cell = cells[static_cast<std::uint64_t>(second) % cells.size()];
    std::uint64_t before = cell.load(std::memory_order_relaxed);
    do {
        if ((before & kStampMask) != stamp(second)) return;  // 16 s later: forgotten anyway
    } while (!cell.compare_exchange_weak(before, before - 1, std::memory_order_relaxed));
}

std::uint64_t RetryBudget::Cells::sum(std::int64_t second) const noexcept {
    std::uint64_t total = 0;
    for (std::int64_t back = 0; back < kWindowSeconds; ++back) {
        const auto& cell = cells[static_cast<std::uint64_t>(second - back) % cells.size()];
        const std::uint64_t packed = cell.load(std::memory_order_relaxed);
        if ((packed & kStampMask) == stamp(second - back)) total += packed & ~kStampMask;
    }
    return total;
}

RetryBudget::RetryBudget(const RetryBudgetSettings& settings, unsigned workers)
    : settings_(settings), workers_(workers), requests_(std::make_unique<Cells[]>(workers)) {}

void RetryBudget::note_request(Time now, unsigned worker) noexcept {
    requests_[worker % workers_].add(second_of(now));
}

bool RetryBudget::take(Time now) noexcept {
    // Counted first, undone when too many: two workers never both take the last one.
    const std::int64_t second = second_of(now);
    retries_.add(second);
    if (retries_.sum(second) <= allowed(now)) return true;
    retries_.undo(second);
    return false;
}

void RetryBudget::give_back(Time now) noexcept { retries_.undo(second_of(now)); }

void RetryBudget::note_useless(Time now) noexcept { retries_.add(second_of(now)); }

std::uint64_t RetryBudget::requests(Time now) const noexcept {
    std::uint64_t total = 0;
    for (unsigned worker = 0; worker < workers_; ++worker) {
        total += requests_[worker].sum(second_of(now));
    }
    return total;
}

std::uint64_t RetryBudget::retries(Time now) const noexcept { return retries_.sum(second_of(now)); }

std::uint64_t RetryBudget::allowed(Time now) const noexcept {
    const auto share =
        static_cast<std::uint64_t>(settings_.fraction * static_cast<double>(requests(now)));
    const std::uint64_t always =
        std::uint64_t{settings_.per_second} * static_cast<std::uint64_t>(kWindowSeconds);
    return std::max(share, always);
}

}  // namespace fairlead::balancing
