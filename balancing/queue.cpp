#include "balancing/queue.h"

#include <cassert>

namespace fairlead::balancing {

Waiter::~Waiter() {
    if (queue_ != nullptr) queue_->unlink(*this);
}

Queue::~Queue() { assert(is_empty()); }

void Queue::push_back(Waiter& waiter) {
    assert(waiter.queue_ == nullptr);
    waiter.queue_ = this;
    waiter.before_ = last_;
    waiter.behind_ = nullptr;
    (last_ != nullptr ? last_->behind_ : first_) = &waiter;
    last_ = &waiter;
    ++size_;
}

void Queue::unlink(Waiter& waiter) {
    assert(waiter.queue_ == this);
    if (next_to_serve_ == &waiter) next_to_serve_ = waiter.behind_;
    (waiter.before_ != nullptr ? waiter.before_->behind_ : first_) = waiter.behind_;
    (waiter.behind_ != nullptr ? waiter.behind_->before_ : last_) = waiter.before_;
    waiter.queue_ = nullptr;
    waiter.before_ = nullptr;
    waiter.behind_ = nullptr;
    --size_;
    signals_.remove_waiter(worker_);
}

}  // namespace fairlead::balancing
