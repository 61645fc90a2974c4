#include "proxy/cli/demo_outages.h"

#include <vector>

#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace fairlead::cli {

namespace {

using Kind = DemoOutageStep::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Seen {
    Duration when;
    DemoOutageStep step;
    bool operator==(const Seen&) const = default;
};

/// All steps within `length`, looked for every 100 ms.
std::vector<Seen> play(DemoOutages& outages, FakeClock& clock, Duration length) {
    std::vector<Seen> seen;
    for (Duration elapsed{}; elapsed <= length; elapsed += milliseconds(100)) {
        while (const auto step = outages.next(clock.now())) seen.push_back({elapsed, *step});
        clock.advance(milliseconds(100));
    }
    return seen;
}

}  // namespace

TEST_CASE("origins die and return in turn, one at a time", "[cli][demo]") {
    FakeClock clock;
    DemoOutages outages({}, clock.now(), Time::max());
    CHECK(play(outages, clock, seconds(16)) == std::vector<Seen>{{seconds(2), {Kind::Kill, 0}},
                                                                 {seconds(4), {Kind::Revive, 0}},
                                                                 {seconds(6), {Kind::Kill, 1}},
                                                                 {seconds(8), {Kind::Revive, 1}},
                                                                 {seconds(10), {Kind::Kill, 2}},
                                                                 {seconds(12), {Kind::Revive, 2}},
                                                                 {seconds(14), {Kind::Kill, 0}},
                                                                 {seconds(16), {Kind::Revive, 0}}});
}

TEST_CASE("nobody is killed who could not return and be noticed before the end", "[cli][demo]") {
    FakeClock clock;
    const Time start = clock.now();
    DemoOutages outages({}, start, start + seconds(9));
    CHECK(play(outages, clock, seconds(20)) ==
          std::vector<Seen>{{seconds(2), {Kind::Kill, 0}}, {seconds(4), {Kind::Revive, 0}}});
}

TEST_CASE("after a stall an origin still returns before the next one dies", "[cli][demo]") {
    FakeClock clock;
    DemoOutages outages({}, clock.now(), Time::max());
    clock.advance(seconds(2));
    CHECK(outages.next(clock.now()) == DemoOutageStep{Kind::Kill, 0});
    CHECK(outages.down() == 0);
    clock.advance(seconds(30));
    CHECK(outages.next(clock.now()) == DemoOutageStep{Kind::Revive, 0});
    CHECK(outages.down() == std::nullopt);
    CHECK(outages.next(clock.now()) == DemoOutageStep{Kind::Kill, 1});
    CHECK(outages.next(clock.now()) == std::nullopt);
    clock.advance(milliseconds(1999));
    CHECK(outages.next(clock.now()) == std::nullopt);
}

}  // namespace fairlead::cli
