#include "proxy/net/wakeup.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;

TEST_CASE("messages of other threads run on the loop's thread, each thread's in order",
          "[net][wakeup]") {
    Loop loop;
    Wakeup wakeup{loop};
    constexpr int kThreads = 4;
    constexpr int kMessages = 2000;
    std::array<std::vector<int>, kThreads> heard;  // touched by the loop's thread only
    int total = 0;
    const std::thread::id here = std::this_thread::get_id();
    bool all_here = true;

    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < kMessages; ++i) {
                wakeup.post([&, thread, i] {
                    heard[static_cast<std::size_t>(thread)].push_back(i);
                    all_here = all_here && std::this_thread::get_id() == here;
                    ++total;
                });
            }
        });
    }
    const bool arrived = turn_until(loop, [&] { return total == kThreads * kMessages; });
    for (std::thread& each : threads) each.join();
    REQUIRE(arrived);
    CHECK(all_here);
    for (const std::vector<int>& each : heard) {
        REQUIRE(each.size() == kMessages);
        CHECK(std::is_sorted(each.begin(), each.end()));
    }
}

TEST_CASE("nudges are merged, and none after the last call is lost", "[net][wakeup]") {
    Loop loop;
    Wakeup wakeup{loop};
    std::atomic<int> nudges{0};
    int seen = 0;
    int calls = 0;
    wakeup.set_on_nudge([&] {
        ++calls;
        seen = nudges.load();
    });
    constexpr int kNudges = 10'000;
    std::thread other{[&] {
        for (int i = 0; i < kNudges; ++i) {
            ++nudges;
            wakeup.nudge();
        }
    }};
    const bool arrived = turn_until(loop, [&] { return seen == kNudges; });
    other.join();
    REQUIRE(arrived);
    CHECK(calls <= kNudges);

    calls = 0;
    for (int i = 0; i < 10; ++i) wakeup.nudge();
    REQUIRE(turn_until(loop, [&] { return calls > 0; }));
    turn_for(loop, std::chrono::milliseconds{10});
    CHECK(calls == 1);
}

TEST_CASE("a message that posts another does not hold up the loop", "[net][wakeup]") {
    Loop loop;
    Wakeup wakeup{loop};
    int calls = 0;
    std::function<void()> again = [&] {
        if (++calls < 5) wakeup.post(again);
    };
    wakeup.post(again);
    loop.run_once();
    CHECK(calls == 1);
    REQUIRE(turn_until(loop, [&] { return calls == 5; }));
}

TEST_CASE("messages that wait when the wakeup is destroyed are dropped", "[net][wakeup]") {
    Loop loop;
    int calls = 0;
    SECTION("before the loop turns") {
        {
            Wakeup wakeup{loop};
            wakeup.post([&] { ++calls; });
        }
        loop.run_once(false);
        CHECK(calls == 0);
    }
    SECTION("by a message") {
        auto wakeup = std::make_unique<Wakeup>(loop);
        wakeup->set_on_nudge([&] { ++calls; });
        wakeup->nudge();
        wakeup->post([&] {
            ++calls;
            wakeup.reset();
        });
        wakeup->post([&] { ++calls; });
        loop.run_once();
        CHECK(calls == 1);
    }
    SECTION("by a nudge") {
        auto wakeup = std::make_unique<Wakeup>(loop);
        wakeup->set_on_nudge([&] {
            ++calls;
            wakeup.reset();
        });
        wakeup->nudge();
        loop.run_once();
        CHECK(calls == 1);
    }
}

TEST_CASE("a loop on another thread is stopped by a message", "[net][wakeup]") {
    Loop loop;
    Wakeup wakeup{loop};
    bool ran = false;
    std::thread worker{[&] { loop.run(); }};
    wakeup.post([&] {
        loop.assert_on_loop();
        ran = true;
        loop.stop();
    });
    worker.join();
    CHECK(ran);
}
