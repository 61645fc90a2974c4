#include "bench/peers/statistics.h"

#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

TEST_CASE("the median is the middle, or between the middle two", "[bench][peers]") {
    CHECK(median({7}) == 7);
    CHECK(median({9, 1, 5}) == 5);
    CHECK(median({4, 1, 2, 8}) == 3);
}

TEST_CASE("a ratio that is the same in each round has no width", "[bench][peers]") {
    // The machine got slower in the third round, for both.
    const Ratio ratio = ratio_of_medians({2, 4, 8}, {1, 2, 4});
    CHECK(ratio.value == 2);
    CHECK(ratio.low == 2);
    CHECK(ratio.high == 2);
}

TEST_CASE("rounds that differ give an interval around the ratio", "[bench][peers]") {
    const Ratio ratio = ratio_of_medians({9, 10, 11, 10, 10}, {10, 10, 10, 10, 10});
    CHECK(ratio.value == 1);
    CHECK(ratio.low < 1);
    CHECK(ratio.high > 1);
    CHECK(ratio.low >= 0.9);
    CHECK(ratio.high <= 1.1);
}

TEST_CASE("a round that only one of them finished does not count", "[bench][peers]") {
    CHECK(ratio_of_medians({2, 2, 100}, {1, 1}).value == 2);
}

}  // namespace
}  // namespace fairlead::bench::peers
