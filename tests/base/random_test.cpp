#include "proxy/base/random.h"

#include <array>

#include "tests/support/catch.h"

namespace fairlead {
namespace {

TEST_CASE("the same seed gives the same numbers", "[base][random]") {
    Random first(42);
    Random second(42);
    Random other(43);
    bool is_same = true;
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t number = first.next();
        CHECK(second.next() == number);
        is_same = is_same && other.next() == number;
    }
    CHECK_FALSE(is_same);
}

TEST_CASE("numbers below a bound are spread evenly", "[base][random]") {
    Random random(1);
    std::array<int, 7> hits{};
    for (int i = 0; i < 70'000; ++i) ++hits.at(random.below(hits.size()));
    for (const int count : hits) {
        CHECK(count > 9'600);  // 10,000 expected, four standard deviations are 370
        CHECK(count < 10'400);
    }
    CHECK(random.below(1) == 0);
}

TEST_CASE("a unit is at least 0, below 1 and a half on average", "[base][random]") {
    Random random(1);
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) {
        const double unit = random.unit();
        REQUIRE(unit >= 0.0);
        REQUIRE(unit < 1.0);
        sum += unit;
    }
    CHECK(sum / 10'000 > 0.49);
    CHECK(sum / 10'000 < 0.51);
}

TEST_CASE("two generators from entropy go different ways", "[base][random]") {
    CHECK(Random::from_entropy().next() != Random::from_entropy().next());
}

}  // namespace
}  // namespace fairlead
