#include "bench/traffic.h"

#include "bench/loop_thread.h"
#include "tests/bench/raw_client.h"
#include "tests/bench/test_origins.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Runs traffic on this thread's loop until `is_enough(counts)`, at most 20 s.
template <class Enough>
TrafficCounts run_traffic(TrafficSettings settings, Enough is_enough) {
    net::Loop loop;
    Traffic traffic(loop, std::move(settings));
    const auto limit = std::chrono::steady_clock::now() + seconds(20);
    while (!is_enough(traffic.counts()) && std::chrono::steady_clock::now() < limit) {
        loop.run_once();
    }
    traffic.stop();
    while (!traffic.is_idle() && std::chrono::steady_clock::now() < limit) loop.run_once();
    return traffic.counts();
}

TrafficSettings to(const SocketAddress& address, std::string target = "/") {
    TrafficSettings settings;
    settings.address = address;
    settings.target = std::move(target);
    settings.connections = 4;
    return settings;
}

}  // namespace

TEST_CASE("a closed loop keeps every connection busy and counts what was answered",
          "[bench][traffic]") {
    TestOrigins origins;
    const TrafficCounts counts = run_traffic(
        to(origins.address()), [](const TrafficCounts& seen) { return seen.answered >= 500; });
    CHECK(counts.answered >= 500);
    CHECK(counts.failures() == 0);
    CHECK(counts.sent == counts.finished());
    CHECK(counts.latency.count() == counts.answered);
    CHECK(counts.latency.quantile(0.5) > Duration::zero());
    origins.with(0, [&](const Origin& origin) { CHECK(origin.executions() == counts.sent); });
}

TEST_CASE("a steady rate is kept and uses every connection", "[bench][traffic]") {
    TestOrigins origins;
    TrafficSettings settings = to(origins.address());
    settings.rate = 500;
    std::size_t connections = 0;
    const auto start = std::chrono::steady_clock::now();
    const TrafficCounts counts = run_traffic(settings, [&](const TrafficCounts& seen) {
        origins.with(0, [&](const Origin& origin) { connections = origin.connections(); });
        return seen.answered >= 250;
    });
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    CHECK(counts.failures() == 0);
    CHECK(connections == 4);
    // Never ahead of the rate; how far behind depends on the machine.
    CHECK(static_cast<double>(counts.sent) <= 500 * took + 1);
}

TEST_CASE("bodies by length, in chunks and until close are read whole", "[bench][traffic]") {
    TestOrigins origins;
    for (const char* target : {"/?size=300k", "/?size=300k&chunked=1", "/?size=0",
                               "/?size=20k&close=1", "/?status=204"}) {
        CAPTURE(target);
        const TrafficCounts counts =
            run_traffic(to(origins.address(), target),
                        [](const TrafficCounts& seen) { return seen.finished() >= 20; });
        CHECK(counts.answered >= 20);
        CHECK(counts.failures() == 0);
    }
}

TEST_CASE("each way to fail has its own count", "[bench][traffic]") {
    TestOrigins origins;
    TrafficSettings settings = to(origins.address());
    const auto one_result = [](const TrafficCounts& seen) { return seen.finished() >= 1; };
    SECTION("another status") {
        settings.target = "/?status=503";
        const TrafficCounts counts = run_traffic(settings, one_result);
        CHECK(counts.bad_status >= 1);
        CHECK(counts.failures() == counts.bad_status);
    }
    SECTION("a reset") {
        settings.target = "/?reset=100%";
        const TrafficCounts counts = run_traffic(settings, one_result);
        CHECK(counts.closed >= 1);
        CHECK(counts.failures() == counts.closed);
    }
    SECTION("no answer in time") {
        settings.target = "/?delay=1h";
        settings.timeout = milliseconds(30);
        const TrafficCounts counts = run_traffic(settings, one_result);
        CHECK(counts.timeout >= 1);
        CHECK(counts.failures() == counts.timeout);
    }
    SECTION("nobody listening") {
        origins.with(0, [](Origin& origin) { origin.kill(); });
        const TrafficCounts counts = run_traffic(settings, one_result);
        CHECK(counts.refused >= 1);
        CHECK(counts.failures() == counts.refused);
    }
}

TEST_CASE("a connection the server closed while idle is no failure", "[bench][traffic]") {
    TestOrigins origins(1, milliseconds(10));
    TrafficSettings settings = to(origins.address());
    settings.connections = 2;
    settings.rate = 20;  // a connection's turn comes every 100 ms
    const TrafficCounts counts =
        run_traffic(settings, [](const TrafficCounts& seen) { return seen.finished() >= 8; });
    CHECK(counts.answered >= 8);
    CHECK(counts.failures() == 0);
}

TEST_CASE("traffic goes on after its server was killed and revived", "[bench][traffic]") {
    TestOrigins origins;
    TrafficSettings settings = to(origins.address());
    settings.rate = 400;
    bool is_killed = false;
    bool is_revived = false;
    std::uint64_t answered_at_revival = 0;
    const TrafficCounts counts = run_traffic(settings, [&](const TrafficCounts& seen) {
        if (!is_killed && seen.answered >= 20) {
            origins.with(0, [](Origin& origin) { origin.kill(); });
            is_killed = true;
        }
        if (is_killed && !is_revived && seen.failures() >= 10) {
            origins.with(0, [](Origin& origin) { CHECK(origin.revive()); });
            is_revived = true;
            answered_at_revival = seen.answered;
        }
        return is_revived && seen.answered >= answered_at_revival + 50;
    });
    CHECK(is_revived);
    CHECK(counts.failures() >= 10);
    CHECK(counts.answered >= answered_at_revival + 50);
}

}  // namespace fairlead::bench
