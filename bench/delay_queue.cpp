#include "bench/delay_queue.h"

#include <cassert>

#include "bench/origin_connection.h"

namespace fairlead::bench {

DelayQueue::DelayQueue(net::Loop& loop)
    : loop_(loop), timer_(net::PreciseTimer::of<&DelayQueue::on_passed>(loop, *this)) {}

void DelayQueue::add(OriginConnection& connection, Time when) {
    const bool is_new = waiting_.emplace(when, &connection).second;
    assert(is_new);
    static_cast<void>(is_new);
    set_timer();
}

void DelayQueue::remove(OriginConnection& connection, Time when) {
    const std::size_t removed = waiting_.erase({when, &connection});
    assert(removed == 1);
    static_cast<void>(removed);
    set_timer();
}

void DelayQueue::on_passed() {
    // What a connection does next may add to the queue or take from it, also what is due now: so
    // one at a time from the front. A delay of its next request is later than now, so this ends.
    const Time now = loop_.now();
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
        OriginConnection* connection = waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        connection->on_delay_passed();
    }
    set_timer();
}

/// A system call only when the earliest has changed.
void DelayQueue::set_timer() {
    timer_->set(waiting_.empty() ? Time::max() : waiting_.begin()->first);
}

}  // namespace fairlead::bench
