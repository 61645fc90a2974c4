#include "bench/stop_signals.h"

#include <csignal>

#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

/// Does `signal` end the process?
bool is_deadly(int signal) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    return action.sa_handler == SIG_DFL;
}

}  // namespace

TEST_CASE("the first signal asks for an end, and the second ends at once, be it the other one",
          "[bench][stop_signals]") {
    for (const int first : {SIGINT, SIGTERM}) {
        const StopSignals stop;
        CHECK_FALSE(stop.flag());
        CHECK_FALSE(is_deadly(SIGINT));
        CHECK_FALSE(is_deadly(SIGTERM));
        std::raise(first);
        CHECK(stop.flag());
        CHECK(is_deadly(SIGINT));
        CHECK(is_deadly(SIGTERM));
    }
}

}  // namespace fairlead::bench
