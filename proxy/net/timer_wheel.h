/// Deadlines for thousands of connections at the price of a store each: an armed deadline sits in
/// the slot of the wheel it was first put into; moving it later only changes the stored time, and
/// the slot, when its turn comes, puts it where it belongs by then (a lazy timer wheel after
/// Varghese and Lauck 1987). Resolution about 8 ms: never early, at most two ticks late while the
/// loop turns. A wheel lives on its loop's thread.
#pragma once

#include <cstdint>
#include <memory>

#include "proxy/base/clock.h"

namespace fairlead::net {

class Loop;
class TimerWheel;

/// One deadline, a member of the object it wakes. Destroying it disarms it. Its callback may set,
/// clear or destroy any deadline, also its own.
class Deadline {
  public:
    using Callback = void (*)(void* owner) noexcept;

    Deadline(TimerWheel& wheel, void* owner, Callback on_passed)
        : wheel_(&wheel), owner_(owner), on_passed_(on_passed) {}
    ~Deadline();
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    /// Calls `(owner.*method)()` when passed, as `Deadline::of<&Exchange::on_deadline>(wheel,
    /// *this)`.
    template <auto method, class Owner>
    static Deadline of(TimerWheel& wheel, Owner& owner) {
        return Deadline(wheel, &owner,
                        [](void* self) noexcept { (static_cast<Owner*>(self)->*method)(); });
    }

    /// Arms or moves. Time::max() clears. Later than the slot it sits in: one store.
    void set(Time when) {
        if (when > slot_floor_) {
            when_ = when;
        } else {
            place(when);
        }
    }
    /// One store: the slot forgets it when its turn comes.
    void clear() { when_ = Time::max(); }
    bool is_set() const { return when_ != Time::max(); }
    /// Time::max() when not set.
    Time when() const { return when_; }

  private:
    friend class TimerWheel;
    void place(Time when);

    TimerWheel* wheel_;
    void* owner_;
    Callback on_passed_;
    Time when_ = Time::max();
    Time slot_floor_ =
        Time::max();             // what is not after this needs an earlier slot; max: in no slot
    Deadline* next_ = nullptr;   // in its slot
    Deadline** link_ = nullptr;  // who points at us; null: in no slot
};

class TimerWheel {
  public:
    explicit TimerWheel(Loop& loop);
    ~TimerWheel();
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;

    /// Runs what has passed at `now`; called by its own timer, and by tests under a fake clock.
    /// Time never goes backwards: what is set before an earlier `now` waits for the next tick.
    void advance(Time now);
    /// Is the timer that wakes the loop armed? False when no slot is used.
    bool is_armed() const;

  private:
    friend class Deadline;
    struct Timer;  // the one uv_timer_t, armed for the next used slot only
    struct Slots;  // lists of deadlines and a bitmap of the used ones

    void link(Deadline& deadline);
    void unlink(Deadline& deadline);
    void arm();

    Loop& loop_;
    std::unique_ptr<Timer> timer_;
    std::unique_ptr<Slots> slots_;
};

}  // namespace fairlead::net
