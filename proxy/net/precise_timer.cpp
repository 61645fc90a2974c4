#include "proxy/net/precise_timer.h"

#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>

#include "proxy/net/handle.h"

namespace fairlead::net {

struct PreciseTimer::State {
    State(Loop& loop, void* its_owner, Callback callback)
        : owner(its_owner),
          on_passed(callback),
          // steady_clock is CLOCK_MONOTONIC, so its values are the timer's.
          descriptor(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
          poll(this, [&](uv_poll_t* uv) { return uv_poll_init(loop.raw(), uv, descriptor); }) {
        if (descriptor < 0 || !poll.is_open()) must(UV_EMFILE, "cannot create a timer");
        uv_poll_start(poll.get(), UV_READABLE, &State::on_readable);
    }
    ~State() {
        // The loop stops watching before the descriptor goes, or it would watch its successor.
        poll.close();
        ::close(descriptor);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    static void on_readable(uv_poll_t* uv, int, int) noexcept {
        auto* self = owner_of<State>(uv);
        if (self == nullptr || self->when == Time::max()) return;
        self->arm(Time::max());        // also takes back that it is readable: no read is needed
        self->on_passed(self->owner);  // last: this may destroy us
    }

    void arm(Time then) {
        when = then;
        itimerspec spec{};  // all zero disarms
        if (then != Time::max()) {
            // 0 would disarm; 1 ns after the start of the clock is long past.
            const auto ns = std::max<std::int64_t>(then.time_since_epoch().count(), 1);
            spec.it_value.tv_sec = ns / 1'000'000'000;
            spec.it_value.tv_nsec = ns % 1'000'000'000;
        }
        timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &spec, nullptr);
    }

    void* owner;
    Callback on_passed;
    Time when = Time::max();
    int descriptor;
    Handle<uv_poll_t> poll;
};

PreciseTimer::PreciseTimer(Loop& loop, void* owner, Callback on_passed)
    : state_(std::make_unique<State>(loop, owner, on_passed)) {}
PreciseTimer::~PreciseTimer() = default;

void PreciseTimer::set(Time when) {
    if (when != state_->when) state_->arm(when);
}

bool PreciseTimer::is_set() const { return state_->when != Time::max(); }

}  // namespace fairlead::net
