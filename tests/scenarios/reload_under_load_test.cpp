// A thousand reloads while clients ask, and tunnels and TCP sessions talk: nobody notices, and
// nothing is left over.
#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "tests/bench/test_echo.h"
#include "tests/bench/test_origins.h"
#include "tests/scenarios/support/scenario.h"
#include "tests/scenarios/support/scrape.h"
#include "tests/scenarios/support/steady_load.h"
#include "tests/scenarios/support/tunnels.h"

namespace fairlead::scenarios {
namespace {

#ifdef FAIRLEAD_SANITIZED
constexpr std::size_t kReloads = 100;
constexpr std::size_t kWarmUp = 20;
constexpr std::size_t kLookEvery = 20;
constexpr std::size_t kTunnels = 50;
constexpr std::size_t kSessions = 40;
constexpr std::size_t kSessionsLeaving = 10;
constexpr double kRate = 200;
constexpr double kSessionRate = 20;
#else
constexpr std::size_t kReloads = 1000;
constexpr std::size_t kWarmUp = 100;
constexpr std::size_t kLookEvery = 100;
constexpr std::size_t kTunnels = 200;
constexpr std::size_t kSessions = 150;
constexpr std::size_t kSessionsLeaving = 50;
constexpr double kRate = 2000;
constexpr double kSessionRate = 200;
#endif
/// The listener "leaves" is there at every sixth step, and so are its first clients to the end.
constexpr std::size_t kLeavesEvery = 6;
constexpr std::size_t kLeft = 1 + kReloads / kLeavesEvery;
static_assert(kReloads % kLeavesEvery != 0, "at the end it has left");
/// A leak of one of each per reload would be 900.
constexpr std::size_t kDescriptorsMore = 150;
/// Freed memory is not always given back at once: about one KiB per reload would be a leak.
constexpr std::size_t kMemoryMoreKib = 1024;

struct Behind {
    bench::TestOrigins origins{4};
    FakeBackend tunnels{echo_for_good};
    std::array<bench::TestEcho, 3> sessions;
};

/// A configuration that is another one at each step: weights change, a backend, a route, a pool
/// and a listener come and go, of layer 4 too. The backends "stays" and "echo" are the same all the
/// time, and so is the listener "db".
class Shifting {
  public:
    explicit Shifting(const Behind& behind) : behind_(behind) {}

    std::string at(std::size_t step) const {
        return config({.listener = "pool = \"app\"",
                       .process = "workers = 2\ndrain = { tunnels = \"1h\" }",
                       .more = http(step) + tcp(step)});
    }

  private:
    static constexpr const char* kOften =
        "every = \"500ms\", timeout = \"400ms\", fall = 100 }\nkeepalive = { idle = \"1s\" }\n";

    static std::string weight(std::size_t step) { return std::to_string(1 + step % 5); }

    std::string http(std::size_t step) const {
        const std::string check = "check = { http = \"GET /healthz\", " + std::string(kOften);
        const auto origin = [this](const std::string& name, std::size_t of,
                                   const std::string& its_weight) {
            return backend(name, behind_.origins.address(of).text(), its_weight);
        };
        std::string text = "[pool.app]\n" + check + "backends = [" + origin("stays", 0, "1") +
                           origin("shifts", 1, weight(step));
        if (step % 3 != 0) text += origin("comes", 2, weight(step + 1));
        if (step % 7 == 3) text += origin("seldom" + std::to_string(step % 4), 3, weight(step + 2));
        text += "]\n[log]\naccess = \"off\"\n[pool.tunnels]\nbackends = [" +
                backend("echo", behind_.tunnels.address(), weight(step + 3)) + "]\n";
        if (step % 2 == 0) {
            text += "[[route]]\nname = \"sometimes\"\npath = \"/sometimes/*\"\npool = \"app\"\n";
        }
        text += "[[route]]\nname = \"chat\"\npath = \"/chat\"\npool = \"tunnels\"\n";
        if (step % 5 == 1) {
            text += "[pool.brief]\n" + check + "backends = [" + origin("brief", 3, "1") +
                    "]\n[[route]]\nname = \"brief\"\npath = \"/brief\"\npool = \"brief\"\n";
        }
        if (step % 4 == 2) {
            text += "[listener.second]\nbind = \"127.0.0.1:0\"\npool = \"app\"\n";
        }
        return text;
    }

    std::string tcp(std::size_t step) const {
        const auto echo = [this](const std::string& name, std::size_t of,
                                 const std::string& its_weight) {
            return backend(name, behind_.sessions.at(of).address().text(), its_weight);
        };
        std::string text = "[pool.db]\ncheck = { tcp = true, " + std::string(kOften) +
                           "backends = [" + echo("stays", 0, "1") + echo("shifts", 1, weight(step));
        if (step % 3 != 1) text += echo("comes", 2, weight(step + 1));
        text += "]\n[listener.db]\nmode = \"tcp\"\nbind = \"127.0.0.1:0\"\npool = \"db\"\n";
        if (step % kLeavesEvery == 0) {
            text += "[listener.leaves]\nmode = \"tcp\"\nbind = \"127.0.0.1:0\"\npool = \"db\"\n";
        }
        return text;
    }

    static std::string backend(const std::string& name, const std::string& address,
                               const std::string& weight) {
        return "{ name = \"" + name + "\", address = \"" + address + "\", weight = " + weight +
               " }, ";
    }

    const Behind& behind_;
};

/// Looked at now and then: what must not go back, and what must stay as it is.
class Watched {
  public:
    explicit Watched(const Balancer& balancer)
        : balancer_(balancer), since_(of_stays("/since")), passed_(passed()) {}

    void look() {
        CHECK(rising_.fallen(Scrape(balancer_.admin("/metrics").body)).empty());
        CHECK(of_stays("/name") == "stays");
        CHECK(of_stays("/state") == "up");
        CHECK(of_stays("/since") == since_);
        const std::uint64_t passed_now = passed();
        CHECK(passed_now >= passed_);
        passed_ = passed_now;
    }

  private:
    std::string of_stays(const std::string& field) const {
        return balancer_.status("/pools/0/backends/0" + field);
    }
    std::uint64_t passed() const { return std::stoull(of_stays("/checks/passed")); }

    const Balancer& balancer_;
    RisingOnly rising_;
    const std::string since_;
    std::uint64_t passed_;
};

std::size_t times(const std::string& text, std::string_view what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++count;
    }
    return count;
}

/// HUP and the control socket in turn.
void reload(Balancer& balancer, std::size_t step) {
    if (step % 2 == 0) {
        REQUIRE(balancer.reload());
        return;
    }
    const Message answer = balancer.steer("POST", "/api/v1/reload", "{}");
    INFO(answer.body);
    REQUIRE(answer.status() == 200);
    REQUIRE(JsonText(answer.body).at("/result") == "applied");
}

}  // namespace

TEST_CASE("a thousand reloads under load: no request fails, nobody drops, nothing grows",
          "[scenarios][reload][soak]") {
    Behind behind;
    const Shifting shifting{behind};
    Balancer balancer{{.whole = shifting.at(0)}};
    const std::size_t descriptors_at_start = balancer.descriptors();
    const std::uint16_t port = balancer.port();
    const std::uint16_t tcp_port = balancer.port("db");
    Tunnels tunnels{port, "/chat", kTunnels};
    Tunnels sessions{tcp_port, kSessions};
    Tunnels leaving{balancer.port("leaves"), kSessionsLeaving};
    SteadyLoad load{port, {.rate = kRate, .counts_executions = true}};
    SteadyLoad brief_sessions{
        tcp_port, {.rate = kSessionRate, .is_tcp = true, .connections = 16, .per_connection = 1}};
    Watched watched{balancer};

    std::size_t memory = 0;
    std::size_t descriptors = 0;
    for (std::size_t step = 1; step <= kReloads; ++step) {
        CAPTURE(step);
        balancer.change_config(shifting.at(step));
        reload(balancer, step);
        if (step == kWarmUp) {
            memory = balancer.memory_own_kib();
            descriptors = balancer.descriptors();
        }
        if (step % kLookEvery == 0) watched.look();
    }
    CHECK(balancer.status("/generation") == std::to_string(kReloads + 1));
    CHECK(balancer.memory_own_kib() <= memory + kMemoryMoreKib);
    CHECK(balancer.descriptors() <= descriptors + kDescriptorsMore);

    for (SteadyLoad* const each : {&load, &brief_sessions}) {
        CAPTURE(each == &load);
        const LoadOutcome outcome = each->stop();
        CHECK(outcome.failures == "");
        CHECK(outcome.failed == 0);
        CHECK(outcome.duplicated == 0);
        CHECK(outcome.lost == 0);
        CHECK(outcome.ok > 0);
    }

    // Tunnels and sessions have the first configuration: it and the present one are all that is
    // left.
    CHECK(eventually([&] { return balancer.metric("fairlead_snapshots") == 2; }));
    CHECK(balancer.metric("fairlead_connections{listener=\"db\"}") == kSessions);
    CHECK(tunnels.echoes() > kTunnels);
    CHECK(sessions.echoes() > 2 * kSessions);
    CHECK(leaving.echoes() > 2 * kSessionsLeaving);
    for (Tunnels* const each : {&tunnels, &sessions, &leaving}) CHECK(each->close() == 0);
    CHECK(eventually([&] { return balancer.metric("fairlead_snapshots") == 1; }));
    CHECK(eventually([&] { return times(balancer.log(), "listener leaves: drained") == kLeft; }));

    const auto left = [&](const std::string& series) {
        return Scrape(balancer.admin("/metrics").body).sum(series);
    };
    CHECK(eventually([&] { return left("fairlead_connections{") == 0; }));
    CHECK(balancer.metric("fairlead_connections_total{listener=\"db\"}") > kSessions);
    CHECK(left("fairlead_backend_in_flight{") == 0);
    CHECK(eventually([&] { return left("fairlead_backend_connections{") == 0; }));
    CHECK(eventually([&] { return balancer.descriptors() <= descriptors_at_start; }));
}

}  // namespace fairlead::scenarios
