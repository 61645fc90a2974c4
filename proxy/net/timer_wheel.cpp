#include "proxy/net/timer_wheel.h"

#include <uv.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <limits>

#include "proxy/net/handle.h"
#include "proxy/net/loop.h"

namespace fairlead::net {
namespace {

using Tick = std::uint64_t;

constexpr unsigned kTickBits = 23;  // 2^23 ns = 8.4 ms: a shift instead of a division
constexpr std::int64_t kTickNanoseconds = std::int64_t{1} << kTickBits;
constexpr std::size_t kSlots = 4096;  // 34 s ahead; what is later is looked at once on the way
constexpr Tick kNoTick = std::numeric_limits<Tick>::max();

/// The last tick that has begun at `now`.
Tick tick_before(Time now) {
    const std::int64_t nanoseconds = std::max<std::int64_t>(now.time_since_epoch().count(), 0);
    return static_cast<Tick>(nanoseconds) >> kTickBits;
}

/// The first tick that begins at or after `when`, so that its slot is never early.
Tick tick_after(Time when) {
    const std::int64_t nanoseconds = std::max<std::int64_t>(when.time_since_epoch().count(), 0);
    return (static_cast<Tick>(nanoseconds) + (kTickNanoseconds - 1)) >> kTickBits;
}

Time begin_of(Tick tick) { return Time{Duration{static_cast<std::int64_t>(tick) << kTickBits}}; }

}  // namespace

struct TimerWheel::Slots {
    std::array<Deadline*, kSlots> heads{};
    std::array<std::uint64_t, kSlots / 64> used{};  // a bit per slot that is not empty
    std::uint64_t used_words = 0;                   // a bit per word of `used` that is not 0
    Deadline* due = nullptr;                        // being run by advance()
    Tick done = 0;                                  // slots up to this tick have been run

    void mark(std::size_t slot) {
        used[slot / 64] |= std::uint64_t{1} << (slot % 64);
        used_words |= std::uint64_t{1} << (slot / 64);
    }
    void unmark(std::size_t slot) {
        used[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
        if (used[slot / 64] == 0) used_words &= ~(std::uint64_t{1} << (slot / 64));
    }

    /// The first used slot at or after `slot`, without wrapping around; kSlots when there is none.
    std::size_t used_from(std::size_t slot) const {
        if (slot >= kSlots) return kSlots;
        const std::size_t word = slot / 64;
        const std::uint64_t rest = used[word] & (~std::uint64_t{0} << (slot % 64));
        if (rest != 0) return word * 64 + static_cast<std::size_t>(std::countr_zero(rest));
        if (word + 1 == used.size()) return kSlots;
        const std::uint64_t words = used_words & (~std::uint64_t{0} << (word + 1));
        if (words == 0) return kSlots;
        const auto next = static_cast<std::size_t>(std::countr_zero(words));
        return next * 64 + static_cast<std::size_t>(std::countr_zero(used[next]));
    }

    /// The tick of the next used slot, kNoTick when none is used. Slots hold (done, done + kSlots).
    Tick next_used() const {
        const std::size_t start = (done + 1) % kSlots;
        std::size_t slot = used_from(start);
        if (slot == kSlots) slot = used_from(0);
        if (slot == kSlots) return kNoTick;
        return done + 1 + (slot + kSlots - start) % kSlots;
    }
};
static_assert(kSlots / 64 <= 64, "one word tells which words are used");

struct TimerWheel::Timer {
    explicit Timer(TimerWheel& wheel)
        : handle(&wheel, [&](uv_timer_t* uv) { return uv_timer_init(wheel.loop_.raw(), uv); }) {}

    Handle<uv_timer_t> handle;
    Tick armed_for = kNoTick;
};

Deadline::~Deadline() {
    if (link_ != nullptr) wheel_->unlink(*this);
}

void Deadline::place(Time when) {
    when_ = when;
    if (link_ != nullptr) wheel_->unlink(*this);
    if (when == Time::max()) return;
    wheel_->link(*this);
    wheel_->arm();
}

TimerWheel::TimerWheel(Loop& loop)
    : loop_(loop), timer_(std::make_unique<Timer>(*this)), slots_(std::make_unique<Slots>()) {}

TimerWheel::~TimerWheel() { assert(slots_->used_words == 0 && "a deadline outlives its wheel"); }

bool TimerWheel::is_armed() const { return timer_->armed_for != kNoTick; }

void TimerWheel::link(Deadline& deadline) {
    const Tick tick =
        std::clamp(tick_after(deadline.when_), slots_->done + 1, slots_->done + (kSlots - 1));
    const std::size_t slot = tick % kSlots;
    Deadline*& head = slots_->heads[slot];
    deadline.next_ = head;
    deadline.link_ = &head;
    if (head != nullptr) head->link_ = &deadline.next_;
    head = &deadline;
    deadline.slot_floor_ = begin_of(tick - 1);
    slots_->mark(slot);
}

void TimerWheel::unlink(Deadline& deadline) {
    *deadline.link_ = deadline.next_;
    if (deadline.next_ != nullptr) deadline.next_->link_ = deadline.link_;
    // For one of the due list this is the slot it came from, which is empty or somebody else's.
    const std::size_t slot = tick_after(deadline.slot_floor_ + Duration{1}) % kSlots;
    if (slots_->heads[slot] == nullptr) slots_->unmark(slot);
    deadline.next_ = nullptr;
    deadline.link_ = nullptr;
    deadline.slot_floor_ = Time::max();
    if (slots_->used_words == 0 && slots_->due == nullptr) arm();
}

void TimerWheel::arm() {
    const Tick next = slots_->next_used();
    if (next == timer_->armed_for) return;
    if (next == kNoTick) {
        timer_->armed_for = kNoTick;
        uv_timer_stop(timer_->handle.get());
        return;
    }
    // Armed for an earlier slot that has been emptied since: being woken once for nothing is
    // cheaper than moving the timer at every change.
    if (timer_->armed_for < next) return;
    timer_->armed_for = next;
    const Duration wait = std::max(begin_of(next) - loop_.now(), Duration{0});
    // libuv counts from its own clock, cut to milliseconds: one more, or the timer would be early.
    const std::uint64_t wait_ms = milliseconds(wait) + 2;
    uv_timer_start(
        timer_->handle.get(),
        [](uv_timer_t* uv) {
            auto* self = owner_of<TimerWheel>(uv);
            if (self != nullptr) self->advance(self->loop_.now());
        },
        wait_ms, 0);
}

void TimerWheel::advance(Time now) {
    const Tick target = tick_before(now);
    timer_->armed_for = kNoTick;  // it has fired, or it is armed anew below

    // First everything that is due leaves its slot: callbacks then find a wheel that has turned.
    Deadline** tail = &slots_->due;
    for (Tick tick = slots_->next_used(); tick <= target && tick != kNoTick;
         tick = slots_->next_used()) {
        const std::size_t slot = tick % kSlots;
        *tail = slots_->heads[slot];
        (*tail)->link_ = tail;
        while (*tail != nullptr) tail = &(*tail)->next_;
        slots_->heads[slot] = nullptr;
        slots_->unmark(slot);
        slots_->done = tick;
    }
    slots_->done = std::max(slots_->done, target);

    while (Deadline* const deadline = slots_->due) {
        unlink(*deadline);
        if (deadline->when_ > now) {
            if (deadline->is_set()) link(*deadline);
            continue;
        }
        deadline->when_ = Time::max();
        loop_.note_progress();
        deadline->on_passed_(deadline->owner_);  // may set, clear or destroy any deadline
    }
    arm();
    if (!is_armed()) uv_timer_stop(timer_->handle.get());
}

}  // namespace fairlead::net
