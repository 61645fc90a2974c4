#include "health/thresholds.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

using namespace fairlead;
using namespace fairlead::health;
using namespace std::chrono_literals;

namespace {

/// Feeds results ("+" passed, "-" failed) and tells the verdict after each: U, D or ?.
std::string verdicts(Thresholds& thresholds, std::string_view results) {
    std::string seen;
    for (const char result : results) {
        thresholds.note(result == '+');
        seen += thresholds.verdict() == Verdict::Up     ? 'U'
                : thresholds.verdict() == Verdict::Down ? 'D'
                                                        : '?';
    }
    return seen;
}

conf::Check check() { return {}; }  // rise 2, fall 3, every 2s, every_changing 500ms, every_down 5s

}  // namespace

TEST_CASE("with nothing known the first result alone decides", "[health][thresholds]") {
    Thresholds passing{check(), Verdict::Unknown};
    CHECK(verdicts(passing, "+") == "U");
    Thresholds failing{check(), Verdict::Unknown};
    CHECK(verdicts(failing, "-") == "D");
}

TEST_CASE("init says what a backend is taken for before its first result", "[health][thresholds]") {
    CHECK(initial_verdict(conf::CheckInit::Probe) == Verdict::Unknown);
    CHECK(initial_verdict(conf::CheckInit::Up) == Verdict::Up);
    CHECK(initial_verdict(conf::CheckInit::Down) == Verdict::Down);

    SECTION("assumed up, it takes `fall` failures to be found down") {
        Thresholds thresholds{check(), Verdict::Up};
        CHECK(verdicts(thresholds, "---") == "UUD");
    }
    SECTION("assumed down, it takes `rise` successes to be found up") {
        Thresholds thresholds{check(), Verdict::Down};
        CHECK(verdicts(thresholds, "++") == "DU");
    }
}

TEST_CASE("a backend is out after `fall` failures in a row and back after `rise` successes",
          "[health][thresholds]") {
    Thresholds thresholds{check(), Verdict::Unknown};
    CHECK(verdicts(thresholds, "++---++") == "UUUUDDU");
}

TEST_CASE("a result of the other kind starts the count anew", "[health][thresholds]") {
    Thresholds thresholds{check(), Verdict::Up};
    CHECK(verdicts(thresholds, "--+--+---") == "UUUUUUUUD");
    CHECK(verdicts(thresholds, "+-+-++") == "DDDDDU");
}

TEST_CASE("only the result that turns the verdict reports a change", "[health][thresholds]") {
    Thresholds thresholds{check(), Verdict::Unknown};
    CHECK(thresholds.note(true));
    CHECK_FALSE(thresholds.note(true));
    CHECK_FALSE(thresholds.note(false));
    CHECK_FALSE(thresholds.note(false));
    CHECK(thresholds.note(false));
    CHECK_FALSE(thresholds.note(false));
    CHECK(thresholds.streak() == 4);
    CHECK_FALSE(thresholds.last_passed());
}

TEST_CASE("checks come faster from the first differing result until the state is settled",
          "[health][thresholds]") {
    Thresholds thresholds{check(), Verdict::Unknown};
    CHECK(thresholds.interval() == 500ms);  // no result yet
    const auto after_result = [&](bool passed) {
        thresholds.note(passed);
        return thresholds.interval();
    };
    CHECK(after_result(true) == 2s);
    CHECK(after_result(false) == 500ms);
    CHECK(after_result(true) == 2s);  // it was nothing
    CHECK(after_result(false) == 500ms);
    CHECK(after_result(false) == 500ms);
    CHECK(after_result(false) == 5s);  // down
    CHECK(after_result(false) == 5s);
    CHECK(after_result(true) == 500ms);
    CHECK(after_result(false) == 5s);
    CHECK(after_result(true) == 500ms);
    CHECK(after_result(true) == 2s);  // up
}

TEST_CASE("a long every_changing never slows checks down", "[health][thresholds]") {
    conf::Check slow = check();
    slow.every_changing = 1min;
    Thresholds thresholds{slow, Verdict::Up};
    thresholds.note(true);
    thresholds.note(false);
    CHECK(thresholds.interval() == 2s);
}

TEST_CASE("a reload's numbers are taken without losing the verdict and the streak",
          "[health][thresholds]") {
    Thresholds thresholds{check(), Verdict::Up};
    thresholds.note(false);
    thresholds.note(false);
    conf::Check stricter = check();
    stricter.fall = 5;
    thresholds.apply(stricter);
    CHECK(verdicts(thresholds, "---") == "UUD");
}

TEST_CASE("jitter spreads an interval evenly over ten percent in either direction",
          "[health][thresholds]") {
    Random random{7};
    std::vector<Duration> seen;
    for (int i = 0; i < 10'000; ++i) seen.push_back(jittered(2s, random));
    const auto [least, most] = std::minmax_element(seen.begin(), seen.end());
    CHECK(*least >= 1800ms);
    CHECK(*least < 1801ms);
    CHECK(*most <= 2200ms);
    CHECK(*most > 2199ms);
    Duration sum{};
    for (const Duration each : seen) sum += each;
    const Duration mean = sum / 10'000;
    CHECK(mean > 1995ms);
    CHECK(mean < 2005ms);
}

TEST_CASE("a death is found within one interval and two short ones, a return within a long one",
          "[health][thresholds]") {
    Random random{42};
    Duration slowest_detection{};
    Duration slowest_return{};
    for (int run = 0; run < 1000; ++run) {
        FakeClock clock;
        Thresholds thresholds{check(), Verdict::Up};
        // Healthy for about 20 s, dead for a minute, healthy again.
        const Time dies = clock.now() + 20s + Duration{random.below(4'000'000'000)};
        const Time lives = dies + 1min;
        Time found_dead = Time::max();
        Time found_alive = Time::max();
        while (found_alive == Time::max()) {
            const bool is_well = clock.now() < dies || clock.now() >= lives;
            if (thresholds.note(is_well)) (is_well ? found_alive : found_dead) = clock.now();
            clock.advance(thresholds.next_interval(random));
        }
        REQUIRE(found_dead > dies);
        REQUIRE(found_alive > lives);
        slowest_detection = std::max(slowest_detection, found_dead - dies);
        slowest_return = std::max(slowest_return, found_alive - lives);
    }
    CHECK(slowest_detection <= 3300ms);  // (2 s + 2 x 0.5 s), 10 % more
    CHECK(slowest_detection > 2900ms);
    CHECK(slowest_return <= 6050ms);  // (5 s + 0.5 s), 10 % more
    CHECK(slowest_return > 5300ms);
}
