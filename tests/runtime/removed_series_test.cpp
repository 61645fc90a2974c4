// What becomes of the counters of backends that have been removed.
#include "proxy/runtime/removed_series.h"

#include <memory>
#include <string>

#include "proxy/runtime/series.h"
#include "proxy/telemetry/prometheus.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::runtime;
using telemetry::Metric;

namespace {

struct Kept {
    /// A backend that was configured and has counted `connects`.
    RemovedSeries::Shared make(const std::string& backend, std::uint64_t connects = 1) {
        SeriesMaker list(registry, SeriesMaker::Mode::List);
        auto series = std::make_shared<const connect::BackendSeries>(list.backend("app", backend));
        series->connects_ok->add(0, connects);
        return series;
    }
    void remove(const std::string& backend, RemovedSeries::Shared series) {
        SeriesMaker(registry, SeriesMaker::Mode::Unlist).backend("app", backend);
        removed.add("app", backend, std::move(series));
    }
    void remove_many(const std::string& prefix, std::size_t count) {
        for (std::size_t index = 0; index < count; ++index) {
            const std::string name = prefix + std::to_string(index);
            remove(name, make(name));
        }
    }
    /// What a backend of this name would go on from.
    std::uint64_t connects(const std::string& backend) {
        return registry.counter(Metric::BackendConnectsTotal, {"app", backend, "ok"}).value();
    }

    telemetry::Registry registry{2};
    RemovedSeries removed{registry};
};

}  // namespace

TEST_CASE("the newest removed backends keep their series", "[runtime][series]") {
    Kept kept;
    kept.remove("old", kept.make("old", 4));
    kept.remove("second", kept.make("second", 5));
    kept.remove_many("b", RemovedSeries::kKeptMax - 1);
    kept.removed.trim();
    CHECK(kept.removed.size() == RemovedSeries::kKeptMax);
    CHECK(kept.removed.find("app", "old") == nullptr);
    CHECK(kept.removed.find("app", "second") != nullptr);
    CHECK(kept.connects("old") == 0);
    CHECK(kept.connects("second") == 5);
}

TEST_CASE("all series of a backend are freed, those of its checks and states too",
          "[runtime][series]") {
    Kept kept;
    kept.remove_many("b", RemovedSeries::kKeptMax);
    const std::size_t before = kept.registry.size();
    auto series = kept.make("first");
    for (const char* outcome : {"passed", "failed", "skipped"}) {
        kept.registry.counter(Metric::ChecksTotal, {"app", "first", outcome});
    }
    kept.registry.histogram(Metric::CheckSeconds, {"app", "first"});
    kept.registry.gauge(Metric::BackendUp, {"app", "first"});
    kept.registry.gauge(Metric::BackendInFlight, {"app", "first"});
    kept.registry.gauge(Metric::BackendState, {"app", "first", "up"});
    kept.registry.gauge(Metric::BackendConnections, {"app", "first", "idle"});
    kept.remove("first", std::move(series));
    CHECK(telemetry::render_all(kept.registry).empty());  // nothing that was removed is listed

    kept.remove_many("c", RemovedSeries::kKeptMax);
    kept.removed.trim();
    CHECK(kept.registry.size() == before);
}

TEST_CASE("series that are still counted on are not freed, however old", "[runtime][series]") {
    Kept kept;
    auto used = kept.make("used", 4);
    kept.remove("used", used);
    kept.remove_many("b", RemovedSeries::kKeptMax + 10);
    kept.removed.trim();
    CHECK(kept.removed.size() == RemovedSeries::kKeptMax);
    CHECK(kept.removed.find("app", "used") == used);
    CHECK(kept.removed.find("app", "b10") == nullptr);
    used->connects_ok->add(1);
    CHECK(kept.connects("used") == 5);

    used.reset();
    kept.remove_many("c", 1);
    kept.removed.trim();
    CHECK(kept.removed.find("app", "used") == nullptr);
    CHECK(kept.connects("used") == 0);
}

TEST_CASE("so many backends are freed at once as is asked for", "[runtime][series]") {
    Kept kept;
    kept.remove_many("b", RemovedSeries::kKeptMax + 5);
    kept.removed.trim(2);
    CHECK(kept.removed.size() == RemovedSeries::kKeptMax + 3);
    CHECK(kept.removed.find("app", "b1") == nullptr);
    CHECK(kept.removed.find("app", "b2") != nullptr);
    kept.removed.trim(10);
    CHECK(kept.removed.size() == RemovedSeries::kKeptMax);
}

TEST_CASE("a backend that comes back is not freed, and is new when it is removed again",
          "[runtime][series]") {
    Kept kept;
    const auto series = kept.make("b", 4);
    kept.remove("b", series);
    kept.remove("b", series);
    CHECK(kept.removed.size() == 1);
    kept.removed.take_out("app", "b");
    kept.removed.take_out("app", "never there");
    CHECK(kept.removed.size() == 0);
    kept.remove_many("c", RemovedSeries::kKeptMax);
    kept.remove("b", series);
    kept.removed.trim();
    CHECK(kept.removed.find("app", "b") == series);
    CHECK(kept.removed.find("app", "c0") == nullptr);
    CHECK(kept.connects("b") == 4);
}

TEST_CASE("pools and backends are not mixed up by their names", "[runtime][series]") {
    Kept kept;
    kept.removed.add("a", "b/c", kept.make("x"));
    CHECK(kept.removed.find("a/b", "c") == nullptr);
    CHECK(kept.removed.find("a", "b/c") != nullptr);
}
