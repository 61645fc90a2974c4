// A program of its own without threads, because it forks.
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <new>
#include <string>

#include "proxy/base/random.h"
#include "proxy/runtime/state_file.h"
#include "tests/bench/temporary_folder.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::runtime;

namespace {

/// Of a size that takes several writes, and different each time.
SavedState numbered(std::uint64_t number) {
    SavedState state;
    state.written = WallTime{std::chrono::milliseconds{number}};
    const std::size_t entries = 20 + number % 7 * 50;
    for (std::size_t i = 0; i < entries; ++i) {
        state.health.push_back({"app", std::to_string(number), "10.0.0.1:80", balancing::State::Up,
                                WallTime{std::chrono::milliseconds{entries}}});
    }
    return state;
}

bool is_complete(const SavedState& state) {
    const auto number = state.written.time_since_epoch().count();
    const auto entries = static_cast<std::int64_t>(state.health.size());
    return std::all_of(state.health.begin(), state.health.end(), [&](const SavedHealth& each) {
        return each.backend == std::to_string(number) &&
               each.since.time_since_epoch().count() == entries;
    });
}

/// What both processes see.
struct Progress {
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> written{0};
};

}  // namespace

TEST_CASE("whenever a writer is killed, a complete state is there: the last or the one at work",
          "[runtime][state][process]") {
    bench::TemporaryFolder folder;
    const std::string path = folder.file("state.json");
    void* shared = ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(shared != MAP_FAILED);
    auto* progress = new (shared) Progress;
    Random random{4711};

    // How long a write takes here, so that the killing falls into every part of one.
    const Time began = SystemClock{}.now();
    for (std::uint64_t number = 1; number <= 7; ++number) {
        REQUIRE(write_state(path, to_json(numbered(number))));
    }
    const Duration seven = SystemClock{}.now() - began;
    const auto moments = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(seven).count());
    progress->begun = progress->written = 7;

    for (int kill = 0; kill < 200; ++kill) {
        const std::uint64_t before = progress->written;
        const pid_t writer = ::fork();
        REQUIRE(writer >= 0);
        if (writer == 0) {
            for (std::uint64_t number = before + 1;; ++number) {
                progress->begun = number;
                if (!write_state(path, to_json(numbered(number)))) ::_exit(1);
                progress->written = number;
            }
        }
        // The moment is random; the wait is not for anything.
        ::usleep(static_cast<useconds_t>(random.below(moments)));
        REQUIRE(::kill(writer, SIGKILL) == 0);
        int status = 0;
        REQUIRE(::waitpid(writer, &status, 0) == writer);
        REQUIRE(WIFSIGNALED(status));

        const Result<LoadedState> loaded = load_state(path);
        REQUIRE(loaded);
        REQUIRE(loaded->warning.empty());
        REQUIRE(loaded->state);
        REQUIRE(is_complete(*loaded->state));
        const auto found =
            static_cast<std::uint64_t>(loaded->state->written.time_since_epoch().count());
        REQUIRE(found >= progress->written);
        REQUIRE(found <= progress->begun);
        REQUIRE(folder.names() == std::vector<std::string>{"state.json"});  // no leftovers
        progress->written = found;
    }
    // Some came to the end of a write; how many is a matter of the machine.
    CHECK(progress->written > 7);
    ::munmap(shared, sizeof(Progress));
}
