#include "bench/stop_signals.h"

#include <csignal>

namespace fairlead::bench {

namespace {

// A signal handler can reach nothing but this.
std::atomic<bool> is_stopped{false};
static_assert(std::atomic<bool>::is_always_lock_free, "or a signal handler must not touch it");

void set(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals() {
    is_stopped = false;
    set([](int) {
        set(SIG_DFL);  // of both: the second one may be the other
        is_stopped.store(true, std::memory_order_relaxed);
    });
}

StopSignals::~StopSignals() { set(SIG_DFL); }

const std::atomic<bool>& StopSignals::flag() const { return is_stopped; }

}  // namespace fairlead::bench
