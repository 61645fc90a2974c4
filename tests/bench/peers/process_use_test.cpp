#include "bench/peers/process_use.h"

#include <fmt/format.h>
#include <unistd.h>

#include "tests/bench/peers/test_folder.h"
#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

/// A process as /proc shows it.
void add_process(const TestFolder& proc, int id, int parent, int user_ticks, int system_ticks,
                 char state = 'S') {
    proc.write(fmt::format("{}/stat", id),
               fmt::format("{} (a name) (x) {} {} 1 1 0 -1 4194560 139 0 0 0 {} {} 0 0 20 0 1 0\n",
                           id, state, parent, user_ticks, system_ticks));
}

void add_thread(const TestFolder& proc, int id, int thread, const std::string& schedstat) {
    proc.write(fmt::format("{}/task/{}/schedstat", id, thread), schedstat);
}

TEST_CASE("CPU is summed over threads and over children's children", "[bench][peers]") {
    const TestFolder proc;
    add_process(proc, 10, 1, 30, 10);
    add_thread(proc, 10, 10, "1000 77 3\n");
    add_thread(proc, 10, 11, "200 77 3\n");
    add_process(proc, 20, 10, 0, 40);
    add_thread(proc, 20, 20, "30 77 3\n");
    add_process(proc, 30, 20, 0, 0);
    add_thread(proc, 30, 30, "4 77 3\n");
    add_process(proc, 40, 1, 500, 500);
    add_thread(proc, 40, 40, "99999 77 3\n");
    const auto use = cpu_use(10, proc.path());
    REQUIRE(use);
    CHECK(use->total == std::chrono::nanoseconds(1234));
    CHECK(use->user_share() == 30.0 / 80.0);
}

TEST_CASE("the use between two readings keeps its own share of user time", "[bench][peers]") {
    const CpuUse earlier{std::chrono::microseconds(100), 10, 0};
    const CpuUse later{std::chrono::microseconds(300), 11, 3};
    CHECK(later.since(earlier).total == std::chrono::microseconds(200));
    CHECK(later.since(earlier).user_share() == 0.25);
    CHECK(later.since(later).total == Duration::zero());
    CHECK_FALSE(later.since(later).user_share());  // no tick fell into it
}

TEST_CASE("memory is what is anonymous, over the whole tree", "[bench][peers]") {
    const TestFolder proc;
    add_process(proc, 10, 1, 0, 0);
    proc.write("10/smaps_rollup",
               "5-6 ---p [rollup]\nRss: 900 kB\nAnonymous:  112 kB\nKSM: 5 kB\n");
    add_process(proc, 11, 10, 0, 0);
    proc.write("11/smaps_rollup", "5-6 ---p [rollup]\nAnonymous:  8 kB\n");
    const auto use = memory_use(10, proc.path());
    REQUIRE(use);
    CHECK(*use == 120 * 1024);
}

TEST_CASE("a child that has ended and was not waited for uses nothing", "[bench][peers]") {
    const TestFolder proc;
    add_process(proc, 10, 1, 0, 0);
    add_thread(proc, 10, 10, "1000 77 3\n");
    proc.write("10/smaps_rollup", "5-6 ---p [rollup]\nAnonymous:  112 kB\n");
    add_process(proc, 11, 10, 0, 0, 'Z');
    const auto memory = memory_use(10, proc.path());
    REQUIRE(memory);
    CHECK(*memory == 112 * 1024);
    const auto cpu = cpu_use(10, proc.path());
    REQUIRE(cpu);
    CHECK(cpu->total == std::chrono::nanoseconds(1000));
}

TEST_CASE("a child that lives and cannot be read is an error", "[bench][peers]") {
    const TestFolder proc;
    add_process(proc, 10, 1, 0, 0);
    add_thread(proc, 10, 10, "1000 77 3\n");
    proc.write("10/smaps_rollup", "5-6 ---p [rollup]\nAnonymous:  112 kB\n");
    add_process(proc, 11, 10, 0, 0);
    CHECK_FALSE(memory_use(10, proc.path()));
    CHECK_FALSE(cpu_use(10, proc.path()));
}

TEST_CASE("a process that has ended itself is an error", "[bench][peers]") {
    const TestFolder proc;
    add_process(proc, 10, 1, 0, 0, 'Z');
    CHECK_FALSE(memory_use(10, proc.path()));
    CHECK_FALSE(cpu_use(10, proc.path()));
}

TEST_CASE("where the kernel does not add up the maps, its own count is taken", "[bench][peers]") {
    const TestFolder proc;
    add_process(proc, 10, 1, 0, 0);
    proc.write("10/status", "Name:\tx\nVmRSS:\t     900 kB\nRssAnon:\t      96 kB\n");
    const auto memory = memory_use(10, proc.path());
    REQUIRE(memory);
    CHECK(*memory == 96 * 1024);
}

TEST_CASE("a process that is gone is an error", "[bench][peers]") {
    const TestFolder proc;
    const auto use = cpu_use(10, proc.path());
    REQUIRE_FALSE(use);
    CHECK(use.error().render() ==
          fmt::format("error: cannot read {}/10/task\n"
                      "  the process has ended, or this kernel does not tell\n",
                      proc.path().string()));
    CHECK_FALSE(memory_use(10, proc.path()));
}

TEST_CASE("this kernel tells of this process", "[bench][peers]") {
    const auto before = cpu_use(::getpid());
    REQUIRE(before);
    volatile unsigned turns = 0;
    auto after = cpu_use(::getpid());
    while (after && after->total == before->total) {
        for (unsigned i = 0; i < 10'000'000; ++i) turns = turns + 1;
        after = cpu_use(::getpid());
    }
    REQUIRE(after);
    CHECK(after->total > before->total);
    const auto memory = memory_use(::getpid());
    INFO((memory ? std::string() : memory.error().render()));
    REQUIRE(memory);
    CHECK(*memory > 0);
}

}  // namespace
}  // namespace fairlead::bench::peers
