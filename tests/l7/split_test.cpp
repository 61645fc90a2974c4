#include "proxy/l7/split.h"

#include <algorithm>
#include <array>

#include "tests/support/catch.h"

using fairlead::l7::Split;

TEST_CASE("every pool of a split gets exactly its weight of each round", "[l7][split]") {
    Split split({95, 5});
    for (int round = 0; round < 3; ++round) {
        std::array<int, 2> got{};
        for (int request = 0; request < 100; ++request) ++got.at(split.next());
        CHECK(got == std::array<int, 2>{95, 5});
    }
}

TEST_CASE("the requests of a small share come evenly spread", "[l7][split]") {
    Split split({95, 5});
    int since = 0;
    int longest = 0;
    for (int request = 0; request < 200; ++request) {
        since = split.next() == 1 ? 0 : since + 1;
        longest = std::max(longest, since);
    }
    CHECK(longest == 19);
}

TEST_CASE("a pool with weight 0 gets nothing", "[l7][split]") {
    Split split({0, 3, 0});
    for (int request = 0; request < 10; ++request) CHECK(split.next() == 1);
}

TEST_CASE("shares are exact with the largest weights too", "[l7][split]") {
    Split split({1'000'000, 1'000'000, 1});
    std::array<int, 3> got{};
    for (int request = 0; request < 2'000'001; ++request) ++got.at(split.next());
    CHECK(got == std::array<int, 3>{1'000'000, 1'000'000, 1});
}
