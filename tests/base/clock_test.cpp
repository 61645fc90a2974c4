#include "proxy/base/clock.h"

#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace fairlead {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a deadline that never comes stays so", "[base][clock]") {
    const FakeClock clock;
    CHECK(after(clock.now(), kForever) == Time::max());
    CHECK(after(clock.now(), 2s) - clock.now() == 2s);
}

TEST_CASE("a fake clock moves only when told", "[base][clock]") {
    FakeClock clock;
    const Time start = clock.now();
    const WallTime day = clock.wall();
    CHECK(clock.now() == start);
    clock.advance(1500ms);
    CHECK(clock.now() - start == 1500ms);
    CHECK(clock.wall() - day == 1500ms);
    clock.set_wall(day);
    CHECK(clock.wall() == day);
    CHECK(clock.now() - start == 1500ms);
}

TEST_CASE("the system's clock does not run backwards", "[base][clock]") {
    const SystemClock clock;
    const Time first = clock.now();
    CHECK(clock.now() >= first);
    CHECK(clock.wall().time_since_epoch() > 0ms);
}

}  // namespace
}  // namespace fairlead
