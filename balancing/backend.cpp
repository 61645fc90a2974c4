#include "balancing/backend.h"

#include <bit>
#include <cmath>
#include <utility>

#include "balancing/slots.h"

namespace fairlead::balancing {
namespace {

constexpr std::int64_t kFailureTick = 125'000'000;  // ns
constexpr std::uint64_t kFailureTicksKept =
    8;  // besides the current one: a second, and at most a tick more
constexpr float kLatencyDecayMs = 10'000;

std::int64_t nanoseconds(Time now) { return now.time_since_epoch().count(); }

std::uint32_t stamp_ms(Time now) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(nanoseconds(now)) / 1'000'000);
}

std::uint64_t failure_tick(Time now) {
    return static_cast<std::uint64_t>(nanoseconds(now) / kFailureTick);
}

// A latency of exactly zero would read as "not known".
std::uint64_t pack(float latency_us, std::uint32_t stamp) {
    const float at_least = latency_us > 0.001F ? latency_us : 0.001F;
    return (std::uint64_t{std::bit_cast<std::uint32_t>(at_least)} << 32) | stamp;
}

float latency_of(std::uint64_t packed) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(packed >> 32));
}

// Stamps wrap after 49 days; the difference does not. Workers' clocks may be a turn apart, and a
// stamp from the future counts as now.
float decay(std::uint64_t packed, Time now) {
    const auto gone = static_cast<std::int32_t>(stamp_ms(now) - static_cast<std::uint32_t>(packed));
    return gone <= 0 ? 1.0F : std::exp(-static_cast<float>(gone) / kLatencyDecayMs);
}

}  // namespace

std::shared_ptr<Backend> Backend::make(BackendSettings settings, std::shared_ptr<Signals> signals) {
    return {new Backend(std::move(settings), std::move(signals)),
            [](Backend* owned) { owned->orphan(); }};
}

Backend::Backend(BackendSettings settings, std::shared_ptr<Signals> signals)
    : max_in_flight_(settings.max_in_flight),
      last_failure_(nanoseconds(Time::min())),
      weight_(settings.weight),
      tier_(settings.tier),
      name_(std::move(settings.name)),
      address_(std::move(settings.address)),
      signals_(std::move(signals)),
      slot_(take_slot()) {}

Backend::~Backend() { give_slot(slot_); }

void Backend::orphan() noexcept {
    if (count_.fetch_or(kOrphaned, std::memory_order_acq_rel) == 0) delete this;
}

BackendSettings Backend::settings() const {
    return {name_, address_, weight(), max_in_flight(), tier()};
}

void Backend::set_state(State health, Time now) {
    has_settled_.store(true, std::memory_order_relaxed);
    health_.store(health, std::memory_order_relaxed);
    settle(now);
}

void Backend::set_admin(AdminState admin, Time now) {
    admin_.store(admin, std::memory_order_relaxed);
    settle(now);
}

void Backend::set_ejected(bool is_ejected, Time now) {
    has_settled_.store(true, std::memory_order_relaxed);  // it was in use
    is_ejected_.store(is_ejected, std::memory_order_relaxed);
    settle(now);
}

void Backend::leave(Time now) {
    has_left_.store(true, std::memory_order_relaxed);
    settle(now);
}

void Backend::settle(Time now) {
    const State before = state_.load(std::memory_order_relaxed);
    State state = health();
    if (has_left_.load(std::memory_order_relaxed) || admin() == AdminState::Drain) {
        state = State::Draining;
    } else if (admin() == AdminState::Maintenance) {
        state = State::Maintenance;
    } else if (is_ejected() && state != State::Down) {
        state = State::Ejected;
    }
    if (before == state) return;
    // What it was like before it went away says nothing about what it is like now.
    if (is_well(state) && !is_well(before)) latency_.store(0, std::memory_order_relaxed);
    since_.store(nanoseconds(now), std::memory_order_relaxed);
    state_.store(state, std::memory_order_release);
    signals_->changed();
}

void Backend::start_as(State health) {
    health_.store(health, std::memory_order_relaxed);
    if (admin() != AdminState::Ready) return;
    state_.store(health, std::memory_order_release);
    signals_->changed();
}

void Backend::set_weight(unsigned weight) {
    weight_.store(weight, std::memory_order_relaxed);
    signals_->changed();
}

void Backend::apply(const BackendSettings& settings) {
    weight_.store(settings.weight, std::memory_order_relaxed);
    tier_.store(settings.tier, std::memory_order_relaxed);
    max_in_flight_.store(settings.max_in_flight, std::memory_order_relaxed);
}

std::uint32_t Backend::sum_failures(Time now) const {
    const std::uint64_t tick = failure_tick(now);
    std::uint32_t sum = 0;
    for (const auto& cell : failures_) {
        const std::uint64_t packed = cell.load(std::memory_order_relaxed);
        if ((packed >> 20) + kFailureTicksKept >= tick) {
            sum += static_cast<std::uint32_t>(packed & 0xFFFFF);
        }
    }
    return sum;
}

void Backend::note_failure(Time now) noexcept {
    const std::uint64_t tick = failure_tick(now);
    std::atomic<std::uint64_t>& cell = failures_[tick % kFailureCells];
    std::uint64_t before = cell.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
        const bool is_current = (before >> 20) == tick;
        if (is_current && (before & 0xFFFFF) == 0xFFFFF) break;
        next = is_current ? before + 1 : (tick << 20) | 1;
    } while (!cell.compare_exchange_weak(before, next, std::memory_order_relaxed));
    signals_->note_failure(now);
    last_failure_.store(nanoseconds(now), std::memory_order_relaxed);
}

float Backend::latency_us(Time now) const {
    const std::uint64_t packed = latency_.load(std::memory_order_relaxed);
    return packed == 0 ? 0.0F : latency_of(packed) * decay(packed, now);
}

// Peak EWMA as in Twitter's Finagle: a slower answer counts at once, a faster one by and by.
void Backend::observe(Duration latency, Time now) noexcept {
    const float sample = static_cast<float>(latency.count()) / 1000.0F;
    std::uint64_t before = latency_.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
        if (before == 0 || sample > latency_of(before)) {
            next = pack(sample, stamp_ms(now));
        } else {
            const float kept = decay(before, now);
            if (kept == 1.0F) return;  // several within a millisecond: the first one spoke for them
            next = pack(latency_of(before) * kept + sample * (1 - kept), stamp_ms(now));
        }
    } while (!latency_.compare_exchange_weak(before, next, std::memory_order_relaxed));
}

bool Backend::take() noexcept {
    const std::uint32_t limit = max_in_flight();
    if (limit == kNoLimit) {
        count_.fetch_add(1, std::memory_order_relaxed);
        return true;
    }
    Count before = count_.load(std::memory_order_seq_cst);
    do {
        if (in_flight_of(before) >= limit) return false;
    } while (!count_.compare_exchange_weak(before, before + 1, std::memory_order_seq_cst));
    return true;
}

bool Backend::take_if_unchanged(Count seen) noexcept {
    if (in_flight_of(seen) >= max_in_flight()) return false;
    return count_.compare_exchange_strong(seen, seen + 1, std::memory_order_seq_cst);
}

void Backend::give_back(std::uint64_t amount, std::uint64_t and_add) noexcept {
    const std::uint64_t change =
        and_add - amount;  // modulo 2^64: fields never borrow from each other
    // Without a limit nobody waits for this backend. (A limit that a reload brings in this very
    // moment may miss this one release; the next one wakes.)
    if (max_in_flight() == kNoLimit) {
        if (count_.fetch_add(change, std::memory_order_acq_rel) + change == kOrphaned) delete this;
        return;
    }
    count_.fetch_add(change + kOneRelease, std::memory_order_seq_cst);
    signals_->released();
    if (count_.fetch_sub(kOneRelease, std::memory_order_acq_rel) - kOneRelease == kOrphaned)
        delete this;
}

}  // namespace fairlead::balancing
