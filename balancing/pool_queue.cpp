/// Pool's third part: requests that wait for a lease.
#include <algorithm>
#include <cassert>
#include <utility>

#include "balancing/pool.h"

namespace fairlead::balancing {

bool Pool::enqueue(Waiter& waiter, std::uint64_t hash_key, std::span<const Backend* const> tried,
                   Time now) {
    if (!signals_.add_waiter(worker_, settings().queue.size)) {
        drop_gone();
        if (!signals_.add_waiter(worker_, settings().queue.size)) return false;
    }
    waiter.hash_key_ = hash_key;
    waiter.tried_ = tried;
    queue_.push_back(waiter);
    // A lease may have come free after our pick saw none and before anyone could see us wait. Now
    // that we are seen, look again. The turn goes to whoever's it is, which need not be us.
    if (version_ != signals_.version()) {
        refresh(now);
        signals_.wake(worker_);
    } else if (has_room(tried)) {
        signals_.released();
    }
    return true;
}

void Pool::remove(Waiter& waiter) {
    if (waiter.queue_ == &queue_) queue_.unlink(waiter);
}

void Pool::serve_waiters(Time now) {
    if (version_ != signals_.version() || now >= refresh_at_) refresh(now);
    queue_.next_to_serve_ = queue_.first_;
    // Whoever joins the queue during a turn does not make this walk longer.
    std::size_t turns_left = queue_.size();
    for (; queue_.next_to_serve_ != nullptr && turns_left > 0; --turns_left) {
        Waiter& waiter = *queue_.next_to_serve_;
        queue_.next_to_serve_ = waiter.behind_;
        Picked picked;
        if (waiter.is_gone()) {
            picked.failure = Failure::ClientClosed;
        } else {
            picked = pick_now(waiter.hash_key_, waiter.tried_, now);
        }
        if (picked.wait) {
            if (waiter.tried_.empty()) return;  // all full: the next release wakes somebody
            continue;  // what is free was tried before by this one; it may serve who is behind
        }
        queue_.unlink(waiter);
        waiter.on_turn(std::move(picked));  // may destroy the waiter, and others
    }
    queue_.next_to_serve_ = nullptr;
    // What came free may still be free, and others may wait for it.
    if (has_room({})) signals_.pass_on();
}

void Pool::drop_gone() {
    Waiter* waiter = queue_.first_;
    while (waiter != nullptr && !waiter->is_gone()) waiter = waiter->behind_;
    if (waiter == nullptr) return;
    queue_.unlink(*waiter);
    waiter->on_turn({.lease = {}, .failure = Failure::ClientClosed});
}

bool Pool::has_room(std::span<const Backend* const> tried) const {
    if (active_.empty()) return false;
    const auto all = active_.front()->candidates.all();
    return std::any_of(all.begin(), all.end(), [&](const Candidate& candidate) {
        return candidate.backend->has_room() &&
               std::find(tried.begin(), tried.end(), candidate.backend) == tried.end();
    });
}

}  // namespace fairlead::balancing
