#include "bench/load_run.h"

#include <atomic>
#include <set>
#include <thread>

#include "bench/load_thread.h"
#include "tests/bench/test_origins.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::atomic<bool> kNeverStops{false};

Target target(const SocketAddress& address, std::string path = "/") {
    Target target;
    target.url = "http://" + address.text() + path;
    target.address = address;
    target.host = address.text();
    RequestShape shape;
    shape.path = std::move(path);
    target.requests = {shape};
    return target;
}

LoadSettings short_run(const SocketAddress& address, std::string path = "/") {
    LoadSettings settings;
    settings.targets = {target(address, std::move(path))};
    settings.rate = 500;
    settings.connections = 8;
    settings.duration = milliseconds(400);
    settings.warmup = milliseconds(100);
    settings.timeout = seconds(5);
    return settings;
}

/// The latencies of a timeline, merged.
std::uint64_t latencies_in(const RunReport& report) {
    std::uint64_t count = 0;
    for (const TimelineRow& row : report.timeline) {
        for (const auto& bucket : row.latencies) count += bucket.count;
    }
    return count;
}

}  // namespace

TEST_CASE("every planned request is sent, answered, and executed once", "[bench][load_run]") {
    TestOrigins origins;
    for (const unsigned threads : {1U, 3U}) {
        CAPTURE(threads);
        LoadSettings settings = short_run(origins.address());
        settings.threads = threads;
        const auto report = run_load(settings, kNeverStops);
        REQUIRE(report);
        CHECK(report->planned == 200);
        CHECK(report->outcomes.ok() == report->planned);
        CHECK(report->unsent == 0);
        CHECK(report->offered_rate == 500);
        CHECK(latencies_in(*report) == report->planned);
        CHECK(report->from_planned.count() == report->planned);
        REQUIRE(report->executions);
        CHECK(report->executions->sent == 250);
        CHECK(report->executions->executed == report->executions->sent);
        CHECK(report->executions->duplicated == 0);
        CHECK(report->executions->lost == 0);
    }
}

TEST_CASE("a Poisson run keeps its rate", "[bench][load_run]") {
    TestOrigins origins;
    LoadSettings settings = short_run(origins.address());
    settings.is_poisson = true;
    settings.rate = 5000;
    const auto report = run_load(settings, kNeverStops);
    REQUIRE(report);
    CHECK(report->planned > 1750);
    CHECK(report->planned < 2250);
    CHECK(report->outcomes.ok() == report->planned);
}

TEST_CASE("a closed loop has no offered rate and reports its throughput", "[bench][load_run]") {
    TestOrigins origins;
    LoadSettings settings = short_run(origins.address());
    settings.is_closed = true;
    settings.threads = 2;
    const auto report = run_load(settings, kNeverStops);
    REQUIRE(report);
    CHECK(report->is_closed);
    CHECK(report->offered_rate == 0);
    CHECK(report->achieved_rate > 100);
    CHECK_FALSE(report->generator_limited);
    CHECK(report->executions->executed == report->executions->sent);
    CHECK(report->cpu.user_seconds + report->cpu.system_seconds > 0);
}

TEST_CASE("a frozen target shows from the planned start and hardly from the send",
          "[bench][load_run]") {
    TestOrigins origins;
    LoadSettings settings = short_run(origins.address());
    settings.duration = seconds(2);
    settings.connections = 4;
    std::thread freezer;
    std::atomic<bool> is_frozen{false};
    const auto report = run_load(settings, kNeverStops, [&](const LoadProgress&) {
        if (is_frozen.exchange(true)) return;
        // The origin's thread is kept busy: what SIGSTOP does to a process.
        freezer = std::thread([&] {
            origins.with(0, [](Origin&) { std::this_thread::sleep_for(milliseconds(500)); });
        });
    });
    if (freezer.joinable()) freezer.join();
    REQUIRE(report);
    CHECK(report->outcomes.ok() == report->planned);
    CHECK(report->from_planned.quantile(0.99) > milliseconds(350));
    CHECK(report->from_send.quantile(0.99) < report->from_planned.quantile(0.99));
    // Only the four requests under way saw it, as they would any other pause of a busy machine.
    const std::uint64_t seen_from_planned = report->from_planned.count_above(milliseconds(350));
    CHECK(seen_from_planned >= 25);
    CHECK(report->from_send.count_above(milliseconds(350)) * 3 <= seen_from_planned);
}

TEST_CASE("a target too slow for the rate ends generator-limited, and nothing is dropped",
          "[bench][load_run]") {
    TestOrigins origins;
    LoadSettings settings = short_run(origins.address(), "/?delay=20ms");
    settings.connections = 1;  // can do 50/s
    settings.duration = seconds(2);
    settings.timeout = milliseconds(300);
    const auto report = run_load(settings, kNeverStops);
    REQUIRE(report);
    REQUIRE(report->generator_limited);
    CHECK(report->outcomes.total() == report->planned);
    CHECK(report->unsent > 0);
    CHECK(report->achieved_rate < 100);
    CHECK(report->executions->lost == 0);
}

TEST_CASE("the rate and the connections are shared out by the weights of the targets",
          "[bench][load_run]") {
    TestOrigins origins(2);
    LoadSettings settings = short_run(origins.address(0));
    settings.targets.push_back(target(origins.address(1)));
    settings.targets[0].weight = 3;
    settings.rate = 800;
    const auto report = run_load(settings, kNeverStops);
    REQUIRE(report);
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    origins.with(0, [&](const Origin& origin) { first = origin.executions(); });
    origins.with(1, [&](const Origin& origin) { second = origin.executions(); });
    CHECK(first >= 3 * second - 8);
    CHECK(first <= 3 * second + 8);
    CHECK(report->outcomes.ok() == report->planned);
    // Both origins are one process with one log: nothing is counted twice.
    CHECK(report->executions->executed == report->executions->sent);
}

TEST_CASE("threads and targets that share a rate take turns", "[bench][load_run]") {
    LoadSettings settings;
    settings.targets.resize(2);
    settings.threads = 2;
    std::set<double> phases;
    for (const unsigned thread : {0U, 1U}) {
        for (const LaneSettings& lane : lanes_of(settings, "", thread)) phases.insert(lane.phase);
    }
    CHECK(phases == std::set<double>{0, 0.25, 0.5, 0.75});
}

TEST_CASE("a stopped run reports what it has", "[bench][load_run]") {
    TestOrigins origins;
    LoadSettings settings = short_run(origins.address());
    settings.duration = std::chrono::hours(1);
    std::atomic<bool> stop{false};
    const auto report = run_load(settings, stop, [&](const LoadProgress& progress) {
        if (!progress.is_warmup) stop = true;
    });
    REQUIRE(report);
    CHECK(report->is_interrupted);
    CHECK(report->duration < seconds(60));
    CHECK(report->outcomes.ok() > 0);
}

TEST_CASE("a run stopped in its warm-up reports that nothing was measured", "[bench][load_run]") {
    TestOrigins origins;
    LoadSettings settings = short_run(origins.address());
    settings.warmup = std::chrono::hours(1);
    std::atomic<bool> stop{false};
    const auto report = run_load(settings, stop, [&](const LoadProgress&) { stop = true; });
    REQUIRE(report);
    CHECK(report->is_interrupted);
    CHECK(report->warmup < std::chrono::minutes(1));
    CHECK(report->duration == Duration::zero());
    CHECK(report->planned == 0);
    CHECK(report->achieved_rate == 0);
    CHECK(report->executions->executed == report->executions->sent);
}

TEST_CASE("a run stopped while it waits for late requests calls none of them timed out",
          "[bench][load_run]") {
    TestOrigins origins;
    LoadSettings settings = short_run(origins.address(), "/?delay=1h");
    settings.timeout = std::chrono::hours(1);
    settings.connections = 2;
    std::atomic<bool> stop{false};
    std::atomic<bool> is_measured{false};
    std::thread stopper([&] {
        while (!is_measured) std::this_thread::yield();
        stop = true;
    });
    const auto report = run_load(settings, stop, [&](const LoadProgress&) { is_measured = true; });
    stopper.join();
    REQUIRE(report);
    CHECK(report->is_interrupted);
    CHECK(report->planned > 2);
    CHECK(report->outcomes.total() == 0);
    CHECK(report->unsent == 0);
    CHECK(report->from_planned.count() == 0);
}

TEST_CASE("requests that an interrupt broke off are not reported as lost", "[bench][load_run]") {
    TestOrigins origins;
    LoadSettings settings = short_run(origins.address());
    settings.is_closed = true;
    settings.timeout = std::chrono::hours(1);
    settings.targets[0].requests[0].method = "POST";
    settings.targets[0].requests[0].body_bytes = std::uint64_t{1} << 40;  // never sent whole
    settings.duration = std::chrono::hours(1);
    std::atomic<bool> stop{false};
    const auto report = run_load(settings, stop, [&](const LoadProgress&) { stop = true; });
    REQUIRE(report);
    REQUIRE(report->executions);
    CHECK(report->executions->sent == settings.connections);
    CHECK(report->executions->executed == 0);
    CHECK(report->executions->lost == 0);
}

TEST_CASE("a target nobody listens on is an error before anything is measured",
          "[bench][load_run]") {
    TestOrigins origins;
    LoadSettings settings = short_run(origins.address());
    origins.with(0, [](Origin& origin) { origin.kill(); });
    const auto report = run_load(settings, kNeverStops);
    REQUIRE_FALSE(report);
    CHECK(report.error().message ==
          "cannot connect to " + settings.targets[0].address.text() + ": Connection refused");
    CHECK(report.error().hint == "start what is to listen there, or correct the address");
}

}  // namespace fairlead::bench
