#include "bench/schedule.h"

#include <cmath>
#include <vector>

#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

using namespace std::chrono_literals;

constexpr Time kStart{std::chrono::hours(1)};

std::vector<double> gaps_us(Schedule schedule, int count) {
    std::vector<double> gaps;
    for (int i = 0; i < count; ++i) {
        const Time before = schedule.next();
        schedule.advance();
        gaps.push_back(std::chrono::duration<double, std::micro>(schedule.next() - before).count());
    }
    return gaps;
}

}  // namespace

TEST_CASE("a constant schedule keeps its rate over millions of starts", "[bench][schedule]") {
    // 3,000/s: its period is no whole number of nanoseconds.
    Schedule schedule = Schedule::constant(kStart, 3000);
    CHECK(schedule.next() == kStart);
    CHECK(schedule.advance_to(kStart + 1000s) == 3'000'000);
    CHECK(schedule.next() == kStart + 1000s);
}

TEST_CASE("a start later than any time that can be said never comes", "[bench][schedule]") {
    const Time end = kStart + std::chrono::hours(24 * 30);
    for (const double rate : {1e-11, 1e-200}) {
        Schedule constant = Schedule::constant(kStart, rate);
        CHECK(constant.advance_to(end) == 1);
        CHECK(constant.next() == Time::max());
        CHECK(Schedule::constant(kStart, rate, 0.5).next() == Time::max());
        CHECK(Schedule::poisson(kStart, rate, 1).advance_to(end) == 0);
    }
}

TEST_CASE("lanes that share a rate are staggered by their phase", "[bench][schedule]") {
    CHECK(Schedule::constant(kStart, 1000, 0.25).next() == kStart + 250us);
}

TEST_CASE("a Poisson schedule has the mean and the spread of exponential gaps",
          "[bench][schedule]") {
    const std::vector<double> gaps = gaps_us(Schedule::poisson(kStart, 1000, 7), 100'000);
    double sum = 0;
    double squares = 0;
    for (const double gap : gaps) {
        sum += gap;
        squares += gap * gap;
    }
    const auto count = static_cast<double>(gaps.size());
    const double mean = sum / count;
    const double deviation = std::sqrt(squares / count - mean * mean);
    CHECK(std::abs(mean - 1000) < 15);
    CHECK(std::abs(deviation - 1000) < 25);
}

TEST_CASE("the same seed gives the same Poisson schedule, another one another",
          "[bench][schedule]") {
    CHECK(gaps_us(Schedule::poisson(kStart, 50, 1), 20) ==
          gaps_us(Schedule::poisson(kStart, 50, 1), 20));
    CHECK(gaps_us(Schedule::poisson(kStart, 50, 1), 20) !=
          gaps_us(Schedule::poisson(kStart, 50, 2), 20));
}

TEST_CASE("a copy of a schedule goes on by itself", "[bench][schedule]") {
    Schedule planned = Schedule::poisson(kStart, 1000, 3);
    Schedule sent = planned;
    CHECK(planned.advance_to(kStart + 1s) == sent.advance_to(kStart + 1s));
    CHECK(planned.next() == sent.next());
}

}  // namespace fairlead::bench
