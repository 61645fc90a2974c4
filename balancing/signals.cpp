#include "balancing/signals.h"

#include <cassert>

namespace fairlead::balancing {

Signals::Signals(unsigned workers, Waker* waker)
    : workers_(workers),
      waker_(waker),
      waiting_on_(std::make_unique<std::atomic<std::uint32_t>[]>(workers)) {
    assert(workers > 0);
}

void Signals::changed() noexcept {
    version_.fetch_add(1, std::memory_order_seq_cst);
    if (waiting() == 0) return;
    for (unsigned worker = 0; worker < workers_; ++worker) {
        if (waiting_on_[worker].load(std::memory_order_seq_cst) != 0) waker_->wake(worker);
    }
}

bool Signals::add_waiter(unsigned worker, std::uint32_t limit) noexcept {
    std::uint32_t before = waiting_.load(std::memory_order_relaxed);
    do {
        if (before >= limit) return false;
    } while (!waiting_.compare_exchange_weak(before, before + 1, std::memory_order_seq_cst));
    waiting_on_[worker].fetch_add(1, std::memory_order_seq_cst);
    return true;
}

void Signals::remove_waiter(unsigned worker) noexcept {
    waiting_on_[worker].fetch_sub(1, std::memory_order_seq_cst);
    waiting_.fetch_sub(1, std::memory_order_seq_cst);
}

void Signals::wake_one() noexcept {
    // Each hand-over from here on comes after the room that was just made, so as many as there are
    // workers reach every one of them; a chain of earlier hand-overs that uses some of these up
    // visits workers with them all the same.
    hops_.store(static_cast<std::int32_t>(workers_), std::memory_order_seq_cst);
    wake_next();
}

void Signals::pass_on() noexcept {
    if (waiting() == 0) return;
    if (hops_.fetch_sub(1, std::memory_order_seq_cst) > 0) wake_next();
}

void Signals::wake_next() noexcept {
    const unsigned start = cursor_.fetch_add(1, std::memory_order_seq_cst) % workers_;
    for (unsigned step = 0; step < workers_; ++step) {
        const unsigned worker = (start + step) % workers_;
        if (waiting_on_[worker].load(std::memory_order_seq_cst) == 0) continue;
        waker_->wake(worker);
        return;
    }
}

}  // namespace fairlead::balancing
