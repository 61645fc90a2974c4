#include "proxy/runtime/connection_cap.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

using namespace fairlead::runtime;

TEST_CASE("the last connection allowed says so, and the first that leaves makes room",
          "[runtime][cap]") {
    ConnectionCap cap(2);
    CHECK(cap.add());
    CHECK_FALSE(cap.is_full());
    CHECK_FALSE(cap.add());
    CHECK(cap.is_full());
    // A worker that had not paused yet lets one more in.
    CHECK_FALSE(cap.add());
    CHECK(cap.count() == 3);
    CHECK(cap.remove());
    CHECK(cap.is_full());
    CHECK(cap.remove());
    CHECK_FALSE(cap.is_full());
    CHECK_FALSE(cap.remove());
    CHECK(cap.count() == 0);
    CHECK(cap.most() == 2);
}

TEST_CASE("workers that come and go at once leave nothing counted", "[runtime][cap]") {
    ConnectionCap cap(3);
    std::atomic<int> over{0};
    std::vector<std::thread> workers;
    for (int worker = 0; worker < 4; ++worker) {
        workers.emplace_back([&] {
            for (int i = 0; i < 20'000; ++i) {
                if (!cap.add()) over.fetch_add(1, std::memory_order_relaxed);
                cap.remove();
            }
        });
    }
    for (std::thread& worker : workers) worker.join();
    CHECK(cap.count() == 0);
    CHECK_FALSE(cap.is_full());
}

TEST_CASE(
    "the automatic cap is half of the hard limit less a reserve, and the soft limit is raised",
    "[runtime][cap]") {
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    if (before.rlim_max < 512) return;
    rlimit low = before;
    low.rlim_cur = 256;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
    const std::uint64_t cap = raise_descriptor_limit();
    rlimit after{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &after) == 0);
    CHECK(after.rlim_cur == before.rlim_max);
    CHECK(cap == (std::min<std::uint64_t>(before.rlim_max, 2'000'000) - 128) / 2);
    setrlimit(RLIMIT_NOFILE, &before);
}
