#include "bench/figures.h"

#include "tests/support/catch.h"

namespace fairlead::bench {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST_CASE("durations and numbers are written for people", "[bench][figures]") {
    CHECK(human_duration(microseconds(740)) == "740us");
    CHECK(human_duration(milliseconds(12)) == "12ms");
    CHECK(human_duration(milliseconds(420)) == "0.42s");
    CHECK(human_duration(milliseconds(3120)) == "3.1s");
    CHECK(human_number(0) == "0");
    CHECK(human_number(999) == "999");
    CHECK(human_number(1000) == "1,000");
    CHECK(human_number(1'234'567) == "1,234,567");
}

}  // namespace fairlead::bench
