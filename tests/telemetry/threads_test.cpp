#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "proxy/telemetry/access_log.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/prometheus.h"
#include "tests/support/catch.h"

using namespace fairlead::telemetry;
using namespace std::chrono_literals;

TEST_CASE("nothing is lost when every worker counts while somebody reads", "[telemetry][threads]") {
    constexpr std::size_t kWorkers = 4;
    constexpr std::uint64_t kRounds = 20'000;
    Registry registry{kWorkers};
    Counter& requests = registry.counter(Metric::ConnectionsTotal, {"web"});
    Gauge& open = registry.gauge(Metric::Connections, {"web"});
    Histogram& times = registry.histogram(Metric::RequestSeconds, {"app"});

    std::atomic<std::size_t> running{kWorkers};
    std::vector<std::thread> workers;
    for (std::size_t worker = 0; worker < kWorkers; ++worker) {
        workers.emplace_back([&, worker] {
            for (std::uint64_t round = 0; round < kRounds; ++round) {
                requests.add(worker);
                open.add(worker, 1);
                times.observe(worker, 1us * round);
                open.add(worker, -1);
            }
            --running;
        });
    }
    std::uint64_t last = 0;
    bool never_went_back = true;
    do {
        const std::uint64_t seen = requests.value();
        never_went_back = never_went_back && seen >= last;
        last = seen;
        registry.counter(Metric::ConnectionsTotal, {std::to_string(last)});  // main makes more
        render_all(registry);
    } while (running > 0);
    for (std::thread& worker : workers) worker.join();

    CHECK(never_went_back);
    CHECK(requests.value() == kWorkers * kRounds);
    CHECK(open.value() == 0);
    CHECK(times.count() == kWorkers * kRounds);
    CHECK(times.sum_ns() == kWorkers * (kRounds * (kRounds - 1) / 2) * 1000);
}

TEST_CASE("workers write access lines while main opens the file again", "[telemetry][threads]") {
    constexpr std::size_t kWorkers = 3;
    AccessLogConfig config;
    config.to = "/dev/null";
    auto log = AccessLog::open(config, kWorkers);
    REQUIRE(log);
    const log::Capture quiet;

    std::vector<std::thread> workers;
    for (std::size_t worker = 0; worker < kWorkers; ++worker) {
        workers.emplace_back([&, worker] {
            AccessEntry entry;
            entry.path = "/a/path?with=a&query=b";
            for (int i = 0; i < 5'000; ++i) {
                (*log)->writer(worker).write(entry);
                if (i % 16 == 0) (*log)->writer(worker).flush();
            }
            (*log)->writer(worker).flush();
        });
    }
    for (int i = 0; i < 20; ++i) (*log)->reopen();
    for (std::thread& worker : workers) worker.join();
    CHECK((*log)->sync(60s));
}

TEST_CASE("lines of the program log from many threads stay whole", "[telemetry][threads]") {
    const log::Capture capture;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([thread] {
            for (int i = 0; i < 500; ++i) log::info("thread {} says {}", thread, "something long");
        });
    }
    for (std::thread& thread : threads) thread.join();

    const std::string text = capture.text();
    std::size_t lines = 0;
    std::size_t whole = 0;
    for (std::size_t at = 0; at < text.size(); ++lines) {
        const std::size_t end = text.find('\n', at);
        const std::string line = text.substr(at, end - at);
        if (line.substr(0, 12) == "info thread " && line.substr(13) == " says something long") {
            ++whole;
        }
        at = end + 1;
    }
    CHECK(lines == 2000);
    CHECK(whole == 2000);
}
