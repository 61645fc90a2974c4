#include "proxy/control/time_text.h"

#include "tests/support/catch.h"

using namespace fairlead;
using control::time_text;

TEST_CASE("times are RFC 3339 in UTC with milliseconds", "[control][time]") {
    CHECK(time_text(WallTime{std::chrono::milliseconds{1767322985678}}) ==
          "2026-01-02T03:03:05.678Z");
    CHECK(time_text(WallTime{std::chrono::milliseconds{1}}) == "1970-01-01T00:00:00.001Z");
    CHECK(time_text(WallTime{std::chrono::milliseconds{951782400000}}) ==
          "2000-02-29T00:00:00.000Z");
    CHECK(time_text(WallTime{}) == "");
}
