// Changes while a server runs, in the order in which they may come across each other.
#include "proxy/runtime/steering.h"

#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "proxy/runtime/load_model.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/prometheus.h"
#include "tests/net/sockets.h"
#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::runtime;
using namespace std::chrono_literals;
using balancing::AdminState;
using balancing::State;
using net::test::turn_until;

namespace {

/// One listener, one pool; the texts are TOML lines.
struct Config {
    std::string bind = "127.0.0.1:0";
    std::string backends = "\"127.0.0.1:1\"";
    std::string pool{};
    std::string process{};
    std::string level = "info";
    std::string more{};

    std::string text() const {
        return "[process]\n" + process + "\n[log]\nlevel = \"" + level +
               "\"\naccess = \"off\"\n[listener.web]\nbind = \"" + bind +
               "\"\npool = \"app\"\n[pool.app]\nbackends = [" + backends + "]\n" + pool + "\n" +
               more;
    }
};

struct Running {
    explicit Running(const Config& config = {}) {
        write(config);
        conf::LoadResult loaded = load_model(file);
        if (!loaded.ok()) FAIL(render(loaded.errors));
        auto made = Server::make(loop, prepare(loaded.model, nullptr));
        if (!made) FAIL(render(made.error()));
        server = std::move(*made);
        steering = std::make_unique<Steering>(loop, *server, std::move(loaded.model), file,
                                              DnsBook{}, Overrides{});
        REQUIRE(server->start());
        REQUIRE(turn_until(loop, [&] { return server->is_ready(); }));
    }

    void write(const Config& config) const { std::ofstream{file} << config.text(); }
    /// Begins one; what comes of it is in `report`.
    void begin_reload(std::optional<Duration> confirm = {}) {
        report.reset();
        steering->reload("test", confirm, [this](const ReloadReport& got) {
            report = got;
            if (on_report != nullptr) on_report();
        });
    }
    ReloadResult reload(const Config& config, std::optional<Duration> confirm = {}) {
        write(config);
        begin_reload(confirm);
        REQUIRE(turn_until(loop, [&] { return report.has_value(); }));
        if (!report->errors.empty()) UNSCOPED_INFO(report->errors);
        return report->result;
    }
    std::optional<Refusal> change(const BackendChange& change) {
        std::optional<std::optional<Refusal>> ended;
        steering->change_backend("app", "127.0.0.1:1", change, "test",
                                 [&](std::optional<Refusal> refusal) { ended = refusal; });
        REQUIRE(turn_until(loop, [&] { return ended.has_value(); }));
        return *ended;
    }
    bool turn_until_it_runs(const std::string& backends) {
        return turn_until(loop, [&] { return running() == backends; });
    }
    /// The names of the backends that run.
    std::string running() const {
        std::string names;
        for (const conf::Backend& each : server->snapshot().model.pool("app")->backends) {
            names += (names.empty() ? "\"" : ", \"") + each.name + "\"";
        }
        return names;
    }
    balancing::Backend& backend() { return *server->snapshot().pools[0]->backends[0]->backend; }

    net::test::TemporaryFolder folder;
    const std::string file = folder.file("edge.toml");
    std::optional<ReloadReport> report;
    std::function<void()> on_report;  ///< before the next change begins
    net::Loop loop;
    std::unique_ptr<Server> server;
    std::unique_ptr<Steering> steering;
};

const std::string kOne = "\"127.0.0.1:1\"";
const std::string kTwo = "\"127.0.0.1:2\"";
const std::string kThree = "\"127.0.0.1:3\"";

/// Reloads to kTwo, to be confirmed, and asks for a second reload, to kThree. The time to confirm
/// passes while that one is under way.
void let_the_time_pass_during_a_reload(Running& running, std::optional<Duration> second_confirm) {
    REQUIRE(running.reload({.backends = kTwo}, 20ms) == ReloadResult::Applied);
    running.write({.backends = kThree});
    running.begin_reload(second_confirm);
    // The loop stands still meanwhile: the deadline is what it sees first.
    const Time passed = SystemClock{}.now() + 40ms;
    while (SystemClock{}.now() < passed) std::this_thread::yield();
    REQUIRE(turn_until(running.loop, [&] { return running.report.has_value(); }));
    REQUIRE(running.report->result == ReloadResult::Applied);
}

constexpr int kFleet = 500;

/// So many backends with names that no other number gives, as those of containers.
std::string fleet(int number) {
    std::string backends;
    for (int index = 0; index < kFleet; ++index) {
        backends += "{ name = \"c" + std::to_string(number) + "-" + std::to_string(index) +
                    "\", address = \"127.0.0.1:1\" }, ";
    }
    return backends;
}

/// The series there are after some listings of metrics (each frees a part), when workers have let
/// go of what was before.
std::size_t series_left(Running& running) {
    const RemovedSeries& removed = running.server->removed_series();
    REQUIRE(turn_until(running.loop, [&] {
        std::size_t before = 0;
        do {
            before = removed.size();
            telemetry::render_all(running.server->registry());
        } while (removed.size() < before);
        return removed.size() <= RemovedSeries::kKeptMax;
    }));
    return running.server->registry().size();
}

}  // namespace

TEST_CASE("the time to confirm may end while another reload is under way", "[runtime][steering]") {
    Running running;
    let_the_time_pass_during_a_reload(running, std::nullopt);
    CHECK(running.turn_until_it_runs(kOne));
    CHECK(turn_until(running.loop, [&] { return running.steering->file_differs(); }));
    CHECK(running.steering->confirm("test"));  // nothing waits any more
}

TEST_CASE("a reload that was under way when the time ended gives it more", "[runtime][steering]") {
    Running running;
    let_the_time_pass_during_a_reload(running, 60s);
    CHECK(running.steering->confirm_left() > 30s);
    CHECK(running.running() == kThree);
    CHECK_FALSE(running.steering->confirm("test"));
    CHECK(running.reload({.backends = kThree}) == ReloadResult::Unchanged);
    CHECK(running.running() == kThree);
}

TEST_CASE("what is confirmed before its turn to go back stays", "[runtime][steering]") {
    Running running;
    running.on_report = [&] {
        if (running.running() != kThree) return;
        CHECK(running.steering->confirm_left() == Duration::zero());
        CHECK_FALSE(running.steering->confirm("test"));
    };
    let_the_time_pass_during_a_reload(running, std::nullopt);
    running.on_report = nullptr;
    CHECK(running.reload({.backends = kThree}) == ReloadResult::Unchanged);
    CHECK(running.running() == kThree);
}

TEST_CASE("a file that went back before its time was up does not differ", "[runtime][steering]") {
    Running running;
    REQUIRE(running.reload({.backends = kTwo}, 200ms) == ReloadResult::Applied);
    REQUIRE(running.reload({.backends = kOne}) == ReloadResult::Applied);
    CHECK(running.steering->confirm_left());
    REQUIRE(turn_until(running.loop, [&] {
        return running.steering->last_reload()->trigger == "not confirmed in time";
    }));
    CHECK(running.steering->last_reload()->result == ReloadResult::Unchanged);
    CHECK_FALSE(running.steering->file_differs());
    CHECK(running.reload({.backends = kOne}) == ReloadResult::Unchanged);
}

TEST_CASE("a file that was undone is taken again once it has changed", "[runtime][steering]") {
    Running running;
    REQUIRE(running.reload({.backends = kTwo}, 1ms) == ReloadResult::Applied);
    REQUIRE(turn_until(running.loop, [&] { return running.steering->file_differs(); }));
    CHECK(running.running() == kOne);
    CHECK(running.reload({.backends = kTwo}) == ReloadResult::Refused);
    CHECK(running.reload({.backends = kOne}) == ReloadResult::Unchanged);
    CHECK_FALSE(running.steering->file_differs());
    CHECK(running.reload({.backends = kTwo}) == ReloadResult::Applied);
    CHECK(running.running() == kTwo);
}

TEST_CASE("what is under way when the process stops binds nothing again", "[runtime][steering]") {
    Running running;
    running.write({.backends = kTwo});
    running.begin_reload();
    bool has_stopped = false;
    running.server->stop([&] { has_stopped = true; });
    REQUIRE(turn_until(running.loop, [&] { return running.report && has_stopped; }));
    CHECK(running.report->result == ReloadResult::Refused);
    CHECK(running.report->errors == "error: the process is stopping\n");
    CHECK(running.server->bindings().front().sockets == nullptr);
}

TEST_CASE("log.level follows a reload", "[runtime][steering]") {
    Running running;
    REQUIRE(running.reload({.level = "error"}) == ReloadResult::Applied);
    CHECK_FALSE(telemetry::log::enabled(telemetry::log::Level::Warn));
    REQUIRE(running.reload({.level = "debug"}) == ReloadResult::Applied);
    CHECK(telemetry::log::enabled(telemetry::log::Level::Debug));
    REQUIRE(running.reload({}) == ReloadResult::Applied);
    CHECK_FALSE(telemetry::log::enabled(telemetry::log::Level::Debug));
}

TEST_CASE("what only a start can change is warned about once", "[runtime][steering]") {
    Running running{{.process = "workers = 1"}};
    REQUIRE(running.reload({.process = "workers = 2"}) == ReloadResult::Applied);
    CHECK(running.report->warnings ==
          std::vector<std::string>{"warning: [process] workers 1 -> 2 is taken at the next start\n"
                                   "  fairlead run --takeover starts anew and loses no request\n"});
    CHECK(running.server->workers() == 1);
    CHECK(running.reload({.process = "workers = 2"}) == ReloadResult::Unchanged);
    CHECK(running.report->warnings.empty());
}

TEST_CASE("a backend comes back from maintenance slowly, also with another weight",
          "[runtime][steering]") {
    Running running{{.backends = kOne + ", " + kTwo, .pool = "check = \"tcp\""}};
    for (const auto& each : running.server->snapshot().pools[0]->backends) {
        each->backend->set_state(State::Up, running.loop.now());
    }
    REQUIRE_FALSE(running.change({AdminState::Maintenance, {}}));
    REQUIRE_FALSE(running.change({AdminState::Ready, 5}));
    CHECK(running.backend().weight() == 5);
    CHECK(running.backend().state() == State::Rising);
}

TEST_CASE("a listener goes from every address to one and back", "[runtime][steering]") {
    Running running{{.bind = ":0"}};
    const BindAddress every = running.server->bindings().front().address;
    const std::string one = "127.0.0.1:" + std::to_string(every.address.port);
    // As if its port had been configured.
    REQUIRE(running.reload({.bind = one}) == ReloadResult::Applied);
    CHECK(running.server->bindings().front().address.text() == one);
    REQUIRE(running.reload({.bind = every.text()}) == ReloadResult::Applied);
    CHECK(running.server->bindings().front().address == every);

    // What could not be bound at a start is refused by a reload too.
    const Config both{.bind = every.text(),
                      .more = "[listener.one]\nbind = \"" + one + "\"\npool = \"app\"\n"};
    CHECK(running.reload(both) == ReloadResult::Refused);
    CHECK(running.report->errors.find("cannot listen on " + one) != std::string::npos);
}

TEST_CASE("addresses of a name in another order are the same ones", "[runtime][steering]") {
    Running running{{.backends = "\"localhost:1\""}};
    const SnapshotPool& pool = *running.server->snapshot().pools[0];
    const SocketAddress here{*IpAddress::parse("127.0.0.1"), 1, {}};
    const SocketAddress there{*IpAddress::parse("127.0.0.2"), 1, {}};
    pool.backends[0]->endpoint->addresses = {here, there};
    const auto has_moved_to = [&](std::vector<SocketAddress> addresses) {
        return has_moved(pool, {{"localhost:1", std::move(addresses)}});
    };
    CHECK_FALSE(has_moved_to({there, here}));
    CHECK(has_moved_to({here}));
    CHECK(has_moved_to({here, here}));
}

TEST_CASE("a reload that came at the wrong time is made up for", "[runtime][steering]") {
    Running running;
    running.steering->hold("another process is taking over");
    const auto refusal = running.change({AdminState::Drain, {}});
    REQUIRE(refusal);
    CHECK(refusal->error == "not now: another process is taking over");
    running.write({.backends = kTwo});
    running.steering->reload("SIGHUP", std::nullopt);
    CHECK(running.steering->unsettled().empty());
    CHECK(running.running() == kOne);
    running.steering->hold({});
    CHECK(running.steering->unsettled() == "the configuration is being changed");
    CHECK(running.turn_until_it_runs(kTwo));
}

TEST_CASE("a reload that waits to be confirmed is not settled", "[runtime][steering]") {
    Running running;
    CHECK(running.steering->unsettled().empty());
    REQUIRE(running.reload({.backends = kTwo}, 60s) == ReloadResult::Applied);
    CHECK(running.steering->unsettled() == "a reload waits to be confirmed");
    CHECK_FALSE(running.steering->confirm("test"));
    CHECK(running.steering->unsettled().empty());
}

TEST_CASE("backends with ever new names do not fill the memory", "[runtime][steering][series]") {
    const Config config{.pool = "check = \"tcp\"", .process = "workers = 2"};
    Running running{config};
    const auto reload_to = [&](const std::string& backends) {
        Config next = config;
        next.backends = backends;
        REQUIRE(running.reload(next) == ReloadResult::Applied);
    };
    const auto first_of_pool = [&] { return running.server->snapshot().pools[0]->backends[0]; };
    telemetry::Registry& registry = running.server->registry();

    reload_to(fleet(0));
    // As an exchange does that goes on for long.
    const std::shared_ptr<const connect::SharedBackend> used = first_of_pool();
    running.server->snapshot().pools[0]->backends[1]->series->connects_ok->add(
        registry.main_index(), 5);
    std::size_t after_four = 0;
    for (int number = 1; number <= 8; ++number) {
        reload_to(fleet(number));
        const std::size_t left = series_left(running);
        if (number == 4) after_four = left;
        if (number > 4) CHECK(left == after_four);
        if (number == 7) first_of_pool()->series->connects_ok->add(registry.main_index(), 3);
    }
    CHECK(running.server->removed_series().size() == RemovedSeries::kKeptMax);

    used->series->connects_ok->add(registry.main_index(), 7);
    reload_to(fleet(7));
    CHECK(first_of_pool()->series->connects_ok->value() == 3);  // removed not long ago
    reload_to(fleet(0));
    CHECK(first_of_pool()->series->connects_ok->value() == 7);
    CHECK(first_of_pool()->series == used->series);
    const std::string listing = telemetry::render_all(registry);
    CHECK(listing.find("backend=\"c0-0\",result=\"ok\"} 7\n") != std::string::npos);
    CHECK(listing.find("fairlead_backend_connects_total{pool=\"app\",backend=\"c0-1\","
                       "result=\"ok\"} 0\n") != std::string::npos);
    CHECK(listing.find("backend=\"c7-0\"") == std::string::npos);
}

TEST_CASE("names that are refused do not fill the memory", "[runtime][steering][series]") {
    Running running;
    Config refused{.more = "[listener.taken]\npool = \"app\"\nbind = \"" +
                           running.server->bindings().front().address.text() + "\"\n"};
    std::size_t after_four = 0;
    for (int number = 1; number <= 8; ++number) {
        refused.backends = fleet(number);
        REQUIRE(running.reload(refused) == ReloadResult::Refused);
        const std::size_t left = series_left(running);
        if (number == 4) after_four = left;
        if (number > 4) CHECK(left == after_four);
    }
    CHECK(telemetry::render_all(running.server->registry()).find("backend=\"c") ==
          std::string::npos);
}
