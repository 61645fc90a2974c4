#include "health/describe.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::health;
using namespace std::chrono_literals;
using balancing::State;

TEST_CASE("durations are as exact as a person wants them", "[health][describe]") {
    CHECK(brief(0ms) == "0.0s");
    CHECK(brief(-3s) == "0.0s");
    CHECK(brief(412ms) == "0.4s");
    CHECK(brief(1840ms) == "1.8s");
    CHECK(brief(9949ms) == "9.9s");
    CHECK(brief(9950ms) == "10s");
    CHECK(brief(12'300ms) == "12s");
    CHECK(brief(130s) == "2m10s");
    CHECK(brief(26h) == "1d2h");
}

TEST_CASE("times of day are UTC, to the second", "[health][describe]") {
    CHECK(time_of_day(WallTime{1'700'000'000'999ms}) == "22:13:20");
    CHECK(time_of_day(WallTime{0ms}) == "00:00:00");
}

TEST_CASE("a streak names its reason, or says that there were several", "[health][describe]") {
    CHECK(describe(Streak{2, true, true, ""}) == "2 passed");
    CHECK(describe(Streak{3, false, true, "connect refused"}) == "3 connect refused");
    CHECK(describe(Streak{3, false, true, "connect refused"}, " x ") == "3 x connect refused");
    CHECK(describe(Streak{3, false, false, "connect refused"}) ==
          "3 failed, the last with connect refused");
}

TEST_CASE("a change says who, what, why and how long the state before had lasted",
          "[health][describe]") {
    Change change{"app",
                  "b1",
                  "127.0.0.1:3001",
                  State::Up,
                  State::Down,
                  130s,
                  "3 x status 503 (expected 200-399)"};
    CHECK(describe(change) ==
          "pool app: backend b1 (127.0.0.1:3001) is down: 3 x status 503 (expected 200-399), was "
          "up for 2m10s");

    SECTION("a backend that is called by its address is named once") {
        change.backend = "127.0.0.1:3001";
        CHECK(describe(change) ==
              "pool app: backend 127.0.0.1:3001 is down: 3 x status 503 (expected 200-399), was up "
              "for 2m10s");
    }
    SECTION("the time before the first result is not worth a word") {
        change.before = State::Unknown;
        CHECK(describe(change) ==
              "pool app: backend b1 (127.0.0.1:3001) is down: 3 x status 503 (expected 200-399)");
    }
}
