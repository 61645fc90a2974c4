#include "proxy/runtime/handshake_gate.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "proxy/net/timer_wheel.h"
#include "tests/support/catch.h"

using namespace fairlead;
using fairlead::runtime::HandshakeGate;

namespace {

constexpr int kPerTurn = static_cast<int>(HandshakeGate::kPerTurn);

/// Numbered guests who come to the gate of a loop, and who began when.
struct Crowd {
    Crowd() { alive.set(loop.now() + std::chrono::seconds{60}); }
    struct Guest final : HandshakeGate::Guest {
        Guest(Crowd& its_crowd, int its_number) : crowd(its_crowd), number(its_number) {}
        void begin() override { crowd.begin(number); }
        Crowd& crowd;
        const int number;
    };

    /// So many come in one turn.
    void come(int count) {
        for (int i = 0; i < count; ++i) {
            guests.push_back(std::make_unique<Guest>(*this, static_cast<int>(guests.size())));
            if (gate.enter(*guests.back())) begin(guests.back()->number);
        }
    }
    void leave(int number) { gate.leave(*guests[static_cast<std::size_t>(number)]); }
    void begin(int number) {
        begun.push_back(number);
        if (when_begun) when_begun(number);
    }
    int begun_in_a_turn() {
        const std::size_t before = begun.size();
        loop.run_once(false);
        return static_cast<int>(begun.size() - before);
    }
    std::vector<int> from_to(int first, int last) const {
        std::vector<int> numbers;
        for (int number = first; number <= last; ++number) numbers.push_back(number);
        return numbers;
    }

    void on_alive() {}

    net::Loop loop;
    /// A loop with nothing to wait for does not turn.
    net::Deadline alive = net::Deadline::of<&Crowd::on_alive>(loop.timers(), *this);
    HandshakeGate gate{loop};
    std::vector<std::unique_ptr<Guest>> guests;
    std::vector<int> begun;
    std::function<void(int)> when_begun;
};

}  // namespace

TEST_CASE("a few begin at once, and again in each turn", "[runtime][gate]") {
    Crowd crowd;
    for (int turn = 0; turn < 5; ++turn) {
        const std::size_t before = crowd.begun.size();
        crowd.come(kPerTurn);
        CHECK(crowd.begun.size() == before + kPerTurn);
        CHECK(crowd.begun_in_a_turn() == 0);
    }
}

TEST_CASE("of a crowd so many begin in a turn, in the order they came", "[runtime][gate]") {
    Crowd crowd;
    const int all = 3 * kPerTurn + 1;
    crowd.come(all);
    CHECK(crowd.begun == crowd.from_to(0, kPerTurn - 1));
    CHECK(crowd.begun_in_a_turn() == kPerTurn);
    CHECK(crowd.begun_in_a_turn() == kPerTurn);
    CHECK(crowd.begun_in_a_turn() == 1);
    CHECK(crowd.begun_in_a_turn() == 0);
    CHECK(crowd.begun == crowd.from_to(0, all - 1));
}

TEST_CASE("the loop does not wait while somebody is at the gate", "[runtime][gate]") {
    Crowd crowd;
    crowd.come(3 * kPerTurn);
    const Time before = crowd.loop.now();
    crowd.loop.run_once();
    crowd.loop.run_once();
    CHECK(crowd.begun.size() == 3 * kPerTurn);
    CHECK(crowd.loop.now() - before < std::chrono::seconds{30});
}

TEST_CASE("who comes while others wait is behind them", "[runtime][gate]") {
    Crowd crowd;
    crowd.come(2 * kPerTurn + 2);
    crowd.come(1);
    CHECK(crowd.begun_in_a_turn() == kPerTurn);
    // A new turn, in which nobody has begun yet: those at the gate are first all the same.
    crowd.come(1);
    CHECK(crowd.begun.size() == 2 * kPerTurn);
    while (crowd.begun_in_a_turn() > 0) {
    }
    CHECK(crowd.begun == crowd.from_to(0, 2 * kPerTurn + 3));
}

TEST_CASE("who leaves while waiting does not begin, and takes nobody's place", "[runtime][gate]") {
    Crowd crowd;
    crowd.come(2 * kPerTurn + 2);
    crowd.leave(kPerTurn);
    crowd.leave(kPerTurn + 2);
    CHECK(crowd.begun_in_a_turn() == kPerTurn);
    CHECK(crowd.begun_in_a_turn() == 0);
    std::vector<int> expected = crowd.from_to(0, 2 * kPerTurn + 1);
    std::erase(expected, kPerTurn);
    std::erase(expected, kPerTurn + 2);
    CHECK(crowd.begun == expected);
}

TEST_CASE("all may leave", "[runtime][gate]") {
    Crowd crowd;
    crowd.come(kPerTurn + 2);
    crowd.leave(kPerTurn);
    crowd.leave(kPerTurn + 1);
    CHECK(crowd.begun_in_a_turn() == 0);
    crowd.come(1);
    CHECK(crowd.begun.back() == kPerTurn + 2);
}

TEST_CASE("one that begins may take others with it", "[runtime][gate]") {
    Crowd crowd;
    crowd.when_begun = [&](int number) {
        if (number == kPerTurn) crowd.leave(kPerTurn + 1);
    };
    crowd.come(kPerTurn + 3);
    while (crowd.begun_in_a_turn() > 0) {
    }
    CHECK(crowd.begun.back() == kPerTurn + 2);
    CHECK(std::count(crowd.begun.begin(), crowd.begun.end(), kPerTurn + 1) == 0);
}

TEST_CASE("a gate may go while somebody waits", "[runtime][gate]") {
    net::Loop loop;
    Crowd crowd;
    auto gate = std::make_unique<HandshakeGate>(loop);
    crowd.come(1);
    for (int i = 0; i <= kPerTurn; ++i) gate->enter(*crowd.guests.front());
    gate.reset();
    loop.run_once(false);
    CHECK(crowd.begun == std::vector<int>{0});
}
