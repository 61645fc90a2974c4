#include "proxy/net/loop.h"

#include <functional>
#include <memory>
#include <vector>

#include "proxy/net/wakeup.h"
#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;

namespace {

/// Counts its own death.
struct Mortal {
    explicit Mortal(int& counter) : deaths(counter) {}
    ~Mortal() {
        if (when_dying) when_dying();
        ++deaths;
    }
    Mortal(const Mortal&) = delete;
    Mortal& operator=(const Mortal&) = delete;
    int& deaths;
    std::function<void()> when_dying;
};

}  // namespace

TEST_CASE("a retired object lives until the stack has unwound and no longer than the turn",
          "[net][loop]") {
    Loop loop;
    Wakeup wakeup{loop};
    int deaths = 0;
    int deaths_inside = -1;
    wakeup.post([&] {
        loop.retire(std::make_unique<Mortal>(deaths));
        deaths_inside = deaths;
    });
    loop.run_once();
    CHECK(deaths_inside == 0);
    CHECK(deaths == 1);
}

TEST_CASE("what is retired while something is buried is buried too", "[net][loop]") {
    Loop loop;
    int deaths = 0;
    auto first = std::make_unique<Mortal>(deaths);
    first->when_dying = [&] {
        auto second = std::make_unique<Mortal>(deaths);
        second->when_dying = [&] { loop.retire(std::make_unique<Mortal>(deaths)); };
        loop.retire(std::move(second));
    };
    loop.retire(std::move(first));
    loop.run_once(false);
    CHECK(deaths == 3);
}

TEST_CASE("the loop buries what is retired when it is destroyed itself", "[net][loop]") {
    int deaths = 0;
    {
        Loop loop;
        loop.retire(std::make_unique<Mortal>(deaths));
    }
    CHECK(deaths == 1);
}

TEST_CASE("a burial of its own gets the object and its context", "[net][loop]") {
    Loop loop;
    std::vector<int*> free_list;
    int object = 7;
    loop.retire_raw(&object, &free_list, [](void* dead, void* list) noexcept {
        static_cast<std::vector<int*>*>(list)->push_back(static_cast<int*>(dead));
    });
    CHECK(free_list.empty());
    loop.run_once(false);
    CHECK(free_list == std::vector<int*>{&object});
}

TEST_CASE("the clock stands still within a callback and is fresh after waiting", "[net][loop]") {
    Loop loop;
    Wakeup wakeup{loop};
    Time first{};
    Time again{};
    Time real_before{};
    wakeup.post([&] {
        first = loop.now();
        real_before = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - real_before < std::chrono::milliseconds{2}) {
        }
        again = loop.now();
    });
    const Time posted = std::chrono::steady_clock::now();
    loop.run_once();
    CHECK(first == again);
    CHECK(first >= posted);

    Time later{};
    wakeup.post([&] { later = loop.now(); });
    const Time posted_again = std::chrono::steady_clock::now();
    loop.run_once();
    CHECK(later >= posted_again);
}

TEST_CASE("a single turn does not wait for events when it has made progress without one",
          "[net][loop]") {
    Loop loop;
    struct Bell {
        int rings = 0;
        void ring() { ++rings; }
    } soon, late;
    Deadline first = Deadline::of<&Bell::ring>(loop.timers(), soon);
    Deadline last = Deadline::of<&Bell::ring>(loop.timers(), late);
    last.set(loop.now() + std::chrono::seconds{30});  // what a turn would wait for
    int deaths = 0;
    const Time began = std::chrono::steady_clock::now();
    SECTION("a deadline that has passed when it begins") {
        first.set(loop.now());
        while (std::chrono::steady_clock::now() - began < std::chrono::milliseconds{50}) {
        }
        loop.run_once();
        CHECK(soon.rings == 1);
    }
    SECTION("a burial") {
        loop.retire(std::make_unique<Mortal>(deaths));
        loop.run_once();
        CHECK(deaths == 1);
    }
    CHECK(late.rings == 0);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{15});
}

TEST_CASE("run goes on until stop, also with nothing to wait for", "[net][loop]") {
    Loop loop;
    struct Stopper {
        Loop& loop;
        int calls = 0;
        void stop() {
            ++calls;
            loop.stop();
        }
    } stopper{loop};
    Deadline deadline = Deadline::of<&Stopper::stop>(loop.timers(), stopper);
    deadline.set(loop.now() + std::chrono::milliseconds{20});
    loop.run();
    CHECK(stopper.calls == 1);

    loop.stop();
    loop.run();  // returns at once
    deadline.set(loop.now());
    loop.run();
    CHECK(stopper.calls == 2);
}

TEST_CASE("the scratch buffer takes a large body in few reads", "[net][loop]") {
    Loop loop;
    CHECK(loop.scratch().size() == 256 * 1024);
}
