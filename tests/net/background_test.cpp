#include "proxy/net/background.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;

namespace {

/// Holds up those who wait until it is opened.
class Gate {
  public:
    void open() {
        const std::lock_guard lock{mutex_};
        is_open_ = true;
        changed_.notify_all();
    }
    void wait() {
        std::unique_lock lock{mutex_};
        changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return is_open_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_open_ = false;
};

}  // namespace

TEST_CASE("work runs on another thread, its completion on the loop's", "[net][background]") {
    Loop loop;
    Background background{loop};
    std::thread::id worked;
    std::thread::id completed;
    REQUIRE(background.run([&] { worked = std::this_thread::get_id(); },
                           [&] { completed = std::this_thread::get_id(); }));
    CHECK(background.jobs() == 1);
    REQUIRE(turn_until(loop, [&] { return completed != std::thread::id{}; }));
    CHECK(worked != std::this_thread::get_id());
    CHECK(completed == std::this_thread::get_id());
    CHECK(background.jobs() == 0);
}

TEST_CASE("jobs have a bound, and there is room again when one is done", "[net][background]") {
    Loop loop;
    Gate gate;
    Background background{loop, 2};
    int completions = 0;
    const auto wait = [&] { gate.wait(); };
    const auto count = [&] { ++completions; };
    CHECK(background.run(wait, count));
    CHECK(background.run(wait, count));
    CHECK_FALSE(background.run(wait, count));
    gate.open();
    REQUIRE(turn_until(loop, [&] { return completions == 2; }));
    CHECK(background.run([] {}, count));
    REQUIRE(turn_until(loop, [&] { return completions == 3; }));
}

TEST_CASE("an owner that dies hears of no completion, and what runs ends in peace",
          "[net][background]") {
    Gate gate;
    auto worked = std::make_shared<std::atomic<int>>(0);
    bool is_completed = false;
    {
        Loop loop;
        Gate begun;
        {
            Background background{loop, 100};
            REQUIRE(background.run(
                [&, worked] {
                    begun.open();
                    gate.wait();
                    ++*worked;
                },
                [&] { is_completed = true; }));
            begun.wait();
        }
        gate.open();
    }
    CHECK(*worked == 1);
    CHECK_FALSE(is_completed);
}

TEST_CASE("a completion may destroy the background it comes from", "[net][background]") {
    Loop loop;
    auto background = std::make_unique<Background>(loop);
    REQUIRE(background->run([] {}, [&] { background.reset(); }));
    REQUIRE(turn_until(loop, [&] { return background == nullptr; }));
}
