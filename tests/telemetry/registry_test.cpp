#include "proxy/telemetry/registry.h"

#include <chrono>

#include "proxy/telemetry/prometheus.h"
#include "tests/support/catch.h"

using namespace fairlead::telemetry;
using namespace std::chrono_literals;

TEST_CASE("a counter is the sum of what workers and main have counted", "[telemetry][registry]") {
    Registry registry{2};
    Counter& accepted = registry.counter(Metric::ConnectionsTotal, {"web"});
    accepted.add(0);
    accepted.add(1, 5);
    accepted.add(registry.main_index(), 10);
    CHECK(accepted.value() == 16);
}

TEST_CASE("a gauge goes up on one worker and down on another", "[telemetry][registry]") {
    Registry registry{2};
    Gauge& waiting = registry.gauge(Metric::QueueLength, {"app"});
    waiting.add(0, 3);
    waiting.add(1, -2);
    CHECK(waiting.value() == 1);
    waiting.add(1, -4);
    CHECK(waiting.value() == -3);
}

TEST_CASE("a gauge that is set shows the last value", "[telemetry][registry]") {
    Registry registry{1};
    Gauge& lag = registry.gauge(Metric::LoopLagSeconds, {"0"});
    lag.set(0.5);
    lag.set(0.25);
    CHECK(lag.value() == 0.25);
}

TEST_CASE("a series is found again by its metric and its label values", "[telemetry][registry]") {
    Registry registry{1};
    Counter& before = registry.counter(Metric::ChecksTotal, {"app", "b1", "ok"});
    before.add(0, 7);

    CHECK(&registry.counter(Metric::ChecksTotal, {"app", "b1", "ok"}) == &before);
    CHECK(&registry.counter(Metric::ChecksTotal, {"app", "b1", "failed"}) != &before);
    CHECK(&registry.counter(Metric::BackendConnectsTotal, {"app", "b1", "ok"}) != &before);
    CHECK(registry.counter(Metric::ChecksTotal, {"app", "b1", "ok"}).value() == 7);
}

TEST_CASE("label values cannot be mixed up by what is in them", "[telemetry][registry]") {
    Registry registry{1};
    Counter& one = registry.counter(Metric::BytesTotal, {"a\",direction=\"b", "c"});
    Counter& two = registry.counter(Metric::BytesTotal, {"a", "b\",direction=\"c"});
    Counter& three = registry.counter(Metric::BytesTotal, {"a\\", "c"});
    Counter& four = registry.counter(Metric::BytesTotal, {"a", "\\c"});
    CHECK(&one != &two);
    CHECK(&three != &four);
}

TEST_CASE("series stay where they are while thousands more are made", "[telemetry][registry]") {
    Registry registry{1};
    Counter& first = registry.counter(Metric::RetryBudgetExhaustedTotal, {"p"});
    first.add(0);
    for (int i = 0; i < 3000; ++i) {
        registry.histogram(Metric::QueueSeconds, {std::to_string(i)}).observe(0, 1ms);
    }
    first.add(0);
    CHECK(&registry.counter(Metric::RetryBudgetExhaustedTotal, {"p"}) == &first);
    CHECK(first.value() == 2);
    CHECK(registry.histogram(Metric::QueueSeconds, {"2999"}).count() == 1);
    CHECK(registry.histogram(Metric::QueueSeconds, {"0"}).count() == 1);
}

TEST_CASE("a removed series leaves the listing and comes back with its count",
          "[telemetry][registry]") {
    Registry registry{1};
    Counter& exhausted = registry.counter(Metric::RetryBudgetExhaustedTotal, {"app"});
    exhausted.add(0, 4);
    registry.gauge(Metric::Workers).set(1);
    const std::string_view workers =
        "# HELP fairlead_workers Worker threads\n"
        "# TYPE fairlead_workers gauge\n"
        "fairlead_workers 1\n";

    registry.unlist(Metric::RetryBudgetExhaustedTotal, {"app"});
    CHECK(render_all(registry) == workers);

    exhausted.add(0);  // a worker that still runs with the old configuration
    registry.counter(Metric::RetryBudgetExhaustedTotal, {"app"});
    CHECK(render_all(registry).find("{pool=\"app\"} 5\n") != std::string::npos);
}

TEST_CASE("a forgotten series leaves nothing and begins anew", "[telemetry][registry]") {
    Registry registry{2};
    registry.counter(Metric::ConnectionsTotal, {"web"}).add(1, 4);
    Gauge& waiting = registry.gauge(Metric::QueueLength, {"app"});
    waiting.add(0, 3);
    waiting.set(0.5);
    REQUIRE(registry.size() == 2);

    registry.forget(Metric::ConnectionsTotal, {"web"});
    registry.forget(Metric::QueueLength, {"app"});
    registry.forget(Metric::QueueLength, {"never there"});
    CHECK(registry.size() == 0);
    CHECK(render_all(registry).empty());
    CHECK(registry.counter(Metric::ConnectionsTotal, {"web"}).value() == 0);
    CHECK(registry.gauge(Metric::QueueLength, {"app"}).value() == 0);
}

TEST_CASE("a new series in the cells of a forgotten one begins at zero for every worker",
          "[telemetry][registry]") {
    Registry registry{2};
    // Beside them, so that cells of another series would show.
    Histogram& beside = registry.histogram(Metric::QueueSeconds, {"beside"});
    beside.observe(0, 1ms);
    for (int round = 0; round < 3000; ++round) {
        const std::string pool = std::to_string(round);
        Histogram& waits = registry.histogram(Metric::QueueSeconds, {pool});
        Counter& exhausted = registry.counter(Metric::RetryBudgetExhaustedTotal, {pool});
        REQUIRE(waits.count() == 0);
        REQUIRE(waits.sum_ns() == 0);
        REQUIRE(exhausted.value() == 0);
        for (std::size_t worker = 0; worker <= registry.main_index(); ++worker) {
            waits.observe(worker, 2min);
            exhausted.add(worker);
        }
        REQUIRE(waits.count() == 3);
        REQUIRE(exhausted.value() == 3);
        registry.forget(Metric::QueueSeconds, {pool});
        registry.forget(Metric::RetryBudgetExhaustedTotal, {pool});
    }
    CHECK(beside.count() == 1);
    CHECK(registry.size() == 1);
}

TEST_CASE("a bucket takes durations up to and with its bound", "[telemetry][registry]") {
    for (std::size_t i = 0; i < kBucketBounds; ++i) {
        CAPTURE(kBucketBoundsNs[i]);
        CHECK(bucket_of(kBucketBoundsNs[i] - 1) == i);
        CHECK(bucket_of(kBucketBoundsNs[i]) == i);
        CHECK(bucket_of(kBucketBoundsNs[i] + 1) == i + 1);
    }
    CHECK(bucket_of(0) == 0);
    CHECK(bucket_of(UINT64_MAX) == kBucketBounds);
}

TEST_CASE("bounds rise by at least a factor of two, which keeps the search short",
          "[telemetry][registry]") {
    for (std::size_t i = 1; i < kBucketBounds; ++i) {
        CHECK(kBucketBoundsNs[i] >= 2 * kBucketBoundsNs[i - 1]);
    }
}

TEST_CASE("a histogram counts and adds up what it is shown", "[telemetry][registry]") {
    Registry registry{2};
    Histogram& waits = registry.histogram(Metric::QueueSeconds, {"app"});
    waits.observe(0, 50us);
    waits.observe(1, 50us);
    waits.observe(0, 3ms);
    waits.observe(registry.main_index(), 2min);
    waits.observe(0, -1ms);  // a clock that went back: counted as no time at all

    CHECK(waits.count() == 5);
    CHECK(waits.bucket(0) == 3);
    CHECK(waits.bucket(bucket_of(3'000'000)) == 1);
    CHECK(waits.bucket(kBucketBounds) == 1);
    CHECK(waits.sum_ns() == 120'003'100'000);
}
