#include "proxy/cli/demo_recovery.h"

#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace fairlead::cli {

using Change = DemoRecovery::Change;
using std::chrono::milliseconds;

TEST_CASE("an outage is measured from its kill and from its revival", "[cli][demo]") {
    FakeClock clock;
    DemoRecovery recovery(2);
    CHECK(recovery.observe(0, true, clock.now()) == Change::None);
    recovery.on_killed(0, clock.now());
    clock.advance(milliseconds(100));
    CHECK(recovery.observe(0, true, clock.now()) == Change::None);
    clock.advance(milliseconds(300));
    CHECK(recovery.observe(0, false, clock.now()) == Change::Detected);
    CHECK(recovery.observe(0, false, clock.now()) == Change::None);
    CHECK(recovery.observe(1, true, clock.now()) == Change::None);
    clock.advance(milliseconds(600));
    recovery.on_revived(0, clock.now());
    CHECK(recovery.observe(0, false, clock.now()) == Change::None);
    clock.advance(milliseconds(250));
    CHECK(recovery.observe(0, true, clock.now()) == Change::Returned);
    CHECK(recovery.observe(0, true, clock.now()) == Change::None);

    CHECK(recovery.kills() == 1);
    CHECK(recovery.unnoticed() == 0);
    CHECK(recovery.detected() == std::vector<Duration>{milliseconds(400)});
    CHECK(recovery.returned() == std::vector<Duration>{milliseconds(250)});
}

TEST_CASE("an outage the balancer did not notice has no times and is counted", "[cli][demo]") {
    FakeClock clock;
    DemoRecovery recovery(1);
    recovery.on_killed(0, clock.now());
    clock.advance(milliseconds(100));
    recovery.on_revived(0, clock.now());
    CHECK(recovery.observe(0, false, clock.now()) == Change::None);
    CHECK(recovery.observe(0, true, clock.now()) == Change::None);
    CHECK(recovery.kills() == 1);
    CHECK(recovery.unnoticed() == 1);
    CHECK(recovery.detected().empty());
    CHECK(recovery.returned().empty());
}

TEST_CASE("a backend the balancer takes out by itself is no outage of the demo", "[cli][demo]") {
    FakeClock clock;
    DemoRecovery recovery(1);
    CHECK(recovery.observe(0, false, clock.now()) == Change::None);
    CHECK(recovery.observe(0, true, clock.now()) == Change::None);
    CHECK(recovery.detected().empty());
}

}  // namespace fairlead::cli
