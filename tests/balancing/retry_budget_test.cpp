#include "balancing/retry_budget.h"

#include "tests/balancing/test_pool.h"
#include "tests/support/catch.h"

namespace fairlead::balancing {
namespace {

int retries_until_refused(RetryBudget& budget, Time now) {
    int taken = 0;
    while (budget.take(now)) ++taken;
    return taken;
}

TEST_CASE("a quiet pool may retry ten times a second on average", "[balancing][retry]") {
    RetryBudget budget{{}};
    const Time start{1h};
    CHECK(retries_until_refused(budget, start) == 100);
    CHECK(retries_until_refused(budget, start + 5s) == 0);
    CHECK(retries_until_refused(budget, start + 10s) == 100);
}

TEST_CASE("a busy pool may retry a fifth of the requests of the last 10 s", "[balancing][retry]") {
    RetryBudget budget{{}, 2};
    const Time start{1h};
    for (int second = 0; second < 20; ++second) {
        for (unsigned i = 0; i < 1000; ++i) budget.note_request(start + second * 1s, i % 2);
    }
    const Time now = start + 19s;
    CHECK(budget.requests(now) == 10'000);
    CHECK(retries_until_refused(budget, now) == 2000);
    CHECK(budget.retries(now) == 2000);
    // traffic ends: what it allowed goes with it
    CHECK(retries_until_refused(budget, now + 9s) == 0);
    CHECK(retries_until_refused(budget, now + 10s) == 100);
}

TEST_CASE("a retry that fails as well counts twice", "[balancing][retry]") {
    RetryBudget budget{{}};
    const Time now{1h};
    for (int i = 0; i < 10'000; ++i) budget.note_request(now);
    int taken = 0;
    for (; budget.take(now); ++taken) budget.note_useless(now);
    CHECK(taken == 1000);  // of 10,000: half of a fifth
}

TEST_CASE("a retry that is not made after all costs nothing", "[balancing][retry]") {
    RetryBudget budget{{}};
    const Time now{1h};
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(budget.take(now));
        budget.give_back(now);
    }
    CHECK(budget.retries(now) == 0);
}

TEST_CASE("without a fraction and a minimum nothing is retried", "[balancing][retry]") {
    RetryBudget budget{{.fraction = 0, .per_second = 0}};
    for (int i = 0; i < 1000; ++i) budget.note_request(Time{1h});
    CHECK_FALSE(budget.take(Time{1h}));
    CHECK(budget.retries(Time{1h}) == 0);
}

}  // namespace
}  // namespace fairlead::balancing
