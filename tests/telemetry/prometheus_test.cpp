#include "proxy/telemetry/prometheus.h"

#include <chrono>
#include <limits>
#include <vector>

#include "tests/support/catch.h"

using namespace fairlead::telemetry;
using namespace std::chrono_literals;

TEST_CASE("an empty registry renders as nothing", "[telemetry][prometheus]") {
    Registry registry{1};
    CHECK(render_all(registry).empty());
}

TEST_CASE("each kind of metric in the text format 0.0.4", "[telemetry][prometheus]") {
    Registry registry{2};
    registry.gauge(Metric::BuildInfo, {"0.1.0"}).set(1);
    registry.gauge(Metric::LoopLagSeconds, {"0"}).set(0.0025);
    registry.gauge(Metric::LoopLagSeconds, {"1"}).set(0);
    registry.counter(Metric::BytesTotal, {"web", "in"}).add(0, 18'000'000'000'000'000'000U);
    Histogram& waits = registry.histogram(Metric::QueueSeconds, {"app"});
    waits.observe(0, 100us);
    waits.observe(1, 2'500us);
    waits.observe(1, 61s);

    CHECK(render_all(registry) ==
          R"(# HELP fairlead_build_info Always 1; the label says which release runs
# TYPE fairlead_build_info gauge
fairlead_build_info{version="0.1.0"} 1
# HELP fairlead_loop_lag_seconds How late a worker's event loop runs its timers
# TYPE fairlead_loop_lag_seconds gauge
fairlead_loop_lag_seconds{worker="0"} 0.0025
fairlead_loop_lag_seconds{worker="1"} 0
# HELP fairlead_bytes_total Bytes from (in) and to (out) clients
# TYPE fairlead_bytes_total counter
fairlead_bytes_total{listener="web",direction="in"} 18000000000000000000
# HELP fairlead_queue_seconds How long requests waited for a backend
# TYPE fairlead_queue_seconds histogram
fairlead_queue_seconds_bucket{pool="app",le="0.0001"} 1
fairlead_queue_seconds_bucket{pool="app",le="0.00025"} 1
fairlead_queue_seconds_bucket{pool="app",le="0.0005"} 1
fairlead_queue_seconds_bucket{pool="app",le="0.001"} 1
fairlead_queue_seconds_bucket{pool="app",le="0.0025"} 2
fairlead_queue_seconds_bucket{pool="app",le="0.005"} 2
fairlead_queue_seconds_bucket{pool="app",le="0.01"} 2
fairlead_queue_seconds_bucket{pool="app",le="0.025"} 2
fairlead_queue_seconds_bucket{pool="app",le="0.05"} 2
fairlead_queue_seconds_bucket{pool="app",le="0.1"} 2
fairlead_queue_seconds_bucket{pool="app",le="0.25"} 2
fairlead_queue_seconds_bucket{pool="app",le="0.5"} 2
fairlead_queue_seconds_bucket{pool="app",le="1"} 2
fairlead_queue_seconds_bucket{pool="app",le="2.5"} 2
fairlead_queue_seconds_bucket{pool="app",le="5"} 2
fairlead_queue_seconds_bucket{pool="app",le="10"} 2
fairlead_queue_seconds_bucket{pool="app",le="30"} 2
fairlead_queue_seconds_bucket{pool="app",le="60"} 2
fairlead_queue_seconds_bucket{pool="app",le="+Inf"} 3
fairlead_queue_seconds_sum{pool="app"} 61.0026
fairlead_queue_seconds_count{pool="app"} 3
)");
}

TEST_CASE("a label value can hold any character", "[telemetry][prometheus]") {
    Registry registry{1};
    registry.gauge(Metric::QueueLength, {"a\"b\\c\nd\xC3\xA9"}).set(1);
    CHECK(render_all(registry) ==
          "# HELP fairlead_queue_length Requests that wait for a backend now\n"
          "# TYPE fairlead_queue_length gauge\n"
          "fairlead_queue_length{pool=\"a\\\"b\\\\c\\nd\xC3\xA9\"} 1\n");
}

TEST_CASE("numbers that are none have the words of the format", "[telemetry][prometheus]") {
    Registry registry{1};
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    registry.gauge(Metric::LoopLagSeconds, {"a"}).set(kInfinity);
    registry.gauge(Metric::LoopLagSeconds, {"b"}).set(-kInfinity);
    registry.gauge(Metric::LoopLagSeconds, {"c"}).set(std::numeric_limits<double>::quiet_NaN());
    const std::string text = render_all(registry);
    CHECK(text.find("{worker=\"a\"} +Inf\n") != std::string::npos);
    CHECK(text.find("{worker=\"b\"} -Inf\n") != std::string::npos);
    CHECK(text.find("{worker=\"c\"} NaN\n") != std::string::npos);
}

TEST_CASE("a failure that never happened takes no line, not even its head",
          "[telemetry][prometheus]") {
    Registry registry{1};
    registry.counter(Metric::FailuresTotal, {"web", "app", "client_closed"});
    Counter& refused = registry.counter(Metric::FailuresTotal, {"web", "app", "connect_refused"});
    CHECK(render_all(registry).empty());

    refused.add(0);
    CHECK(render_all(registry) ==
          "# HELP fairlead_failures_total Exchanges that ended in a failure, by its word\n"
          "# TYPE fairlead_failures_total counter\n"
          "fairlead_failures_total{listener=\"web\",pool=\"app\",failure=\"connect_refused\"} 1\n");
}

TEST_CASE("a collector sets what is known only when somebody asks", "[telemetry][prometheus]") {
    Registry registry{1};
    Gauge& up = registry.gauge(Metric::BackendUp, {"app", "b1"});
    int asked = 0;
    const std::size_t number = registry.add_collector([&] { up.set(++asked); });

    CHECK(render_all(registry).find("} 1\n") != std::string::npos);
    CHECK(render_all(registry).find("} 2\n") != std::string::npos);
    registry.remove_collector(number);
    CHECK(render_all(registry).find("} 2\n") != std::string::npos);
    CHECK(asked == 2);
}

TEST_CASE("pieces are bounded and together are the whole", "[telemetry][prometheus]") {
    Registry registry{1};
    for (int i = 0; i < 500; ++i) {
        registry.gauge(Metric::BackendUp, {"app", "b" + std::to_string(i)}).set(1);
        registry.counter(Metric::BackendConnectsTotal, {"app", "b" + std::to_string(i), "ok"});
    }
    const std::string whole = render_all(registry);

    Rendering rendering{registry};
    std::string pieced;
    std::string piece;
    std::size_t pieces = 0;
    while (rendering.next(piece, 4096)) {
        CHECK(!piece.empty());
        CHECK(piece.size() < 4096 + 1024);
        CHECK(piece.back() == '\n');
        pieced += piece;
        ++pieces;
    }
    CHECK(piece.empty());
    CHECK(pieces == whole.size() / 4096 + 1);
    CHECK(pieced == whole);
}

TEST_CASE("series may come and go between two pieces", "[telemetry][prometheus]") {
    Registry registry{1};
    registry.gauge(Metric::QueueLength, {"a"});
    registry.gauge(Metric::QueueLength, {"b"});
    Rendering rendering{registry};
    std::string piece;
    REQUIRE(rendering.next(piece, 1));
    CHECK(piece.find("{pool=\"a\"} 0\n") != std::string::npos);

    registry.unlist(Metric::QueueLength, {"b"});
    registry.gauge(Metric::QueueLength, {"c"});
    REQUIRE(rendering.next(piece, 1));
    CHECK(piece == "fairlead_queue_length{pool=\"c\"} 0\n");
    CHECK(!rendering.next(piece, 1));
}

TEST_CASE("series may be forgotten between two pieces", "[telemetry][prometheus]") {
    Registry registry{1};
    for (const char* pool : {"a", "b", "c", "d"}) registry.gauge(Metric::QueueLength, {pool});
    Rendering rendering{registry};
    std::string piece;
    REQUIRE(rendering.next(piece, 1));
    CHECK(piece.find("{pool=\"a\"} 0\n") != std::string::npos);

    // One that was shown, the next one, and one further on whose place is taken again.
    for (const char* pool : {"a", "b", "c"}) registry.forget(Metric::QueueLength, {pool});
    registry.gauge(Metric::QueueLength, {"e"});
    REQUIRE(rendering.next(piece, 1));
    CHECK(piece == "fairlead_queue_length{pool=\"e\"} 0\n");
    REQUIRE(rendering.next(piece, 1));
    CHECK(piece == "fairlead_queue_length{pool=\"d\"} 0\n");
    CHECK(!rendering.next(piece, 1));
    CHECK(render_all(registry).find("e\"} 0\nfairlead_queue_length{pool=\"d\"} 0\n") !=
          std::string::npos);
}
