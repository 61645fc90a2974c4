#include "bench/bootstrap.h"

#include <cmath>
#include <numeric>

#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Interval interval_of_mean(const std::vector<double>& values, std::uint64_t seed = 1) {
    const auto intervals = bootstrap({1000, 0.95, seed}, [&](Random& random) {
        std::vector<double> drawn;
        for (const std::size_t i : draw_rows(values.size(), random)) drawn.push_back(values[i]);
        return std::vector<double>{mean(drawn)};
    });
    return intervals.front();
}

}  // namespace

TEST_CASE("about 95 of 100 intervals hold the truth", "[bench][bootstrap]") {
    Random random(7);
    int held = 0;
    for (int trial = 0; trial < 200; ++trial) {
        std::vector<double> values(40);
        for (double& value : values) value = random.unit();
        held += interval_of_mean(values).holds(0.5) ? 1 : 0;
    }
    CHECK(held >= 178);
    CHECK(held <= 199);
}

TEST_CASE("an interval shrinks with the square root of the rows", "[bench][bootstrap]") {
    Random random(3);
    std::vector<double> values(1600);
    for (double& value : values) value = random.unit();
    const Interval few = interval_of_mean({values.begin(), values.begin() + 100});
    const Interval many = interval_of_mean(values);
    const double ratio = (few.high - few.low) / (many.high - many.low);
    CHECK(ratio > 3);
    CHECK(ratio < 5);
}

TEST_CASE("the same seed gives the same interval", "[bench][bootstrap]") {
    const std::vector<double> values{1, 5, 2, 8, 3, 9, 4};
    CHECK(interval_of_mean(values, 5) == interval_of_mean(values, 5));
}

TEST_CASE("rows that are all alike leave no doubt", "[bench][bootstrap]") {
    CHECK(interval_of_mean({3, 3, 3}) == Interval{3, 3});
}

TEST_CASE("blocks are runs of neighbours, around the end", "[bench][bootstrap]") {
    Random random(1);
    bool wraps = false;
    for (int i = 0; i < 100; ++i) {
        const std::vector<std::size_t> drawn = draw_blocks(10, 4, random);
        REQUIRE(drawn.size() == 10);
        for (const std::size_t start : {0U, 4U, 8U}) {
            for (std::size_t at = start; at + 1 < std::min<std::size_t>(start + 4, 10); ++at) {
                CHECK(drawn[at + 1] == (drawn[at] + 1) % 10);
                wraps = wraps || drawn[at + 1] == 0;
            }
        }
    }
    CHECK(wraps);
    CHECK(block_length(1) == 1);
    CHECK(block_length(10) == 2);
    CHECK(block_length(60) == 4);
}

TEST_CASE("rows that come in runs need blocks, or the interval is too narrow",
          "[bench][bootstrap]") {
    // A level that holds for ten rows each: 100 rows are as good as ten.
    Random levels(11);
    std::vector<double> values;
    for (int level = 0; level < 10; ++level) values.insert(values.end(), 10, levels.unit());
    const auto width = [&](std::size_t block) {
        const Interval interval = bootstrap({1000, 0.95, 1}, [&](Random& random) {
                                      std::vector<double> drawn;
                                      for (const std::size_t i : draw_blocks(100, block, random))
                                          drawn.push_back(values[i]);
                                      return std::vector<double>{mean(drawn)};
                                  }).front();
        return interval.high - interval.low;
    };
    CHECK(width(10) > 2 * width(1));
}

TEST_CASE("few rows are given a wider interval", "[bench][bootstrap]") {
    // t(9) at 2.5 % is 2.262; sqrt(10/9) of it 2.385; a normal variable is within that 98.29 %.
    CHECK(std::abs(expanded_confidence(0.95, 10) - 0.9829) < 0.0002);
    CHECK(std::abs(expanded_confidence(0.95, 60) - 0.9564) < 0.0002);
    CHECK(std::abs(expanded_confidence(0.95, 100'000) - 0.95) < 0.0001);
}

TEST_CASE("the median of an even number is the mean of the middle two", "[bench][bootstrap]") {
    CHECK(median(std::vector<double>{3, 1, 2}) == 2);
    CHECK(median(std::vector<double>{4, 1, 2, 3}) == 2.5);
    CHECK(median({}) == 0);
}

TEST_CASE("what slowed both in one round cancels out of the ratio", "[bench][bootstrap]") {
    // The third round was slow for both; b takes 0.8 of a in every round.
    const std::vector<double> a{10, 10.1, 17, 9.9, 10.2};
    std::vector<double> b;
    for (const double value : a) b.push_back(value * 0.8);
    const Interval interval = ratio_of_medians(a, b);
    CHECK(std::abs(interval.low - 0.8) < 1e-9);
    CHECK(std::abs(interval.high - 0.8) < 1e-9);
}

TEST_CASE("the interval of a ratio over five rounds is as wide as the rounds disagree",
          "[bench][bootstrap]") {
    const std::vector<double> a{10, 11, 10.5, 9.8, 10.2};
    const std::vector<double> b{9, 9.1, 9.3, 9.2, 8.8};
    const Interval interval = ratio_of_medians(a, b);
    CHECK(interval.holds(9.1 / 10.2));
    CHECK(interval.high < 1);
    CHECK(interval.low > 0.8);
    CHECK(interval == ratio_of_medians(a, b));
}

}  // namespace fairlead::bench
