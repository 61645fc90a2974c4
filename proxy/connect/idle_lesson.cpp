#include "proxy/connect/idle_lesson.h"

#include <algorithm>

namespace fairlead::connect {
namespace {

/// Closes within this time belong together.
constexpr Duration kMoment = std::chrono::milliseconds{500};
/// Timers fire a little late, and their grain is coarse.
constexpr Duration kGrain = std::chrono::milliseconds{250};

bool agree(Duration a, Duration b) {
    const Duration longer = std::max(a, b);
    return longer - std::min(a, b) <= std::max(kGrain, longer / 10);
}

/// Of a time that was observed, so much is used.
Duration safe_part(Duration observed) {
    return std::clamp(observed / 5 * 4, IdleLesson::kFloor, IdleLesson::kCeiling);
}

}  // namespace

void IdleLesson::publish(Duration limit, Source source) {
    limit_.store(limit.count(), std::memory_order_relaxed);
    source_.store(source, std::memory_order_relaxed);
}

void IdleLesson::on_told(std::chrono::seconds timeout) {
    if (timeout.count() <= 0 || told_.load(std::memory_order_relaxed) == timeout.count()) return;
    told_.store(timeout.count(), std::memory_order_relaxed);
    // Far beyond the ceiling it makes no difference, and a sum could overflow.
    const Duration whole = std::min<std::chrono::seconds>(timeout, std::chrono::hours{1});
    publish(std::min<Duration>(std::max<Duration>(whole - std::chrono::seconds{1}, whole / 2),
                               kCeiling),
            Source::Told);
}

void IdleLesson::on_closed(Duration age, Time now) {
    const std::scoped_lock lock(mutex_);
    settle(now);
    if (!closing_) {
        closing_ = Closing{age, now, false};
    } else if (!agree(closing_->age, age)) {
        closing_->is_mixed = true;
    } else {
        closing_->age = std::min(closing_->age, age);
    }
}

/// The latest closing is complete when its moment has passed.
void IdleLesson::settle(Time now) {
    if (!closing_ || now - closing_->at < kMoment) return;
    const Closing closing = *closing_;
    closing_.reset();
    if (closing.is_mixed) return;
    if (observed_ && agree(*observed_, closing.age) && source() != Source::Told) {
        publish(safe_part(std::min(*observed_, closing.age)), Source::Learned);
    }
    observed_ = closing.age;
}

bool IdleLesson::begin_watch(Time now) {
    if (source() == Source::Told || is_watching_.exchange(true, std::memory_order_relaxed)) {
        return false;
    }
    const std::scoped_lock lock(mutex_);
    settle(now);
    return true;
}

void IdleLesson::on_watch_ended(bool has_survived) {
    if (has_survived && source() != Source::Told) publish(kCeiling, Source::Learned);
    is_watching_.store(false, std::memory_order_relaxed);
}

std::string_view word(IdleLesson::Source source) {
    switch (source) {
        case IdleLesson::Source::Told:
            return "told";
        case IdleLesson::Source::Learned:
            return "learned";
        case IdleLesson::Source::Default:
            break;
    }
    return "default";
}

}  // namespace fairlead::connect
