// A thousand reloads while clients ask and tunnels talk: nobody notices, and nothing is left over.
#include <chrono>
#include <string>

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
constexpr double kRate = 200;
#else
constexpr std::size_t kReloads = 1000;
constexpr std::size_t kWarmUp = 100;
constexpr std::size_t kLookEvery = 100;
constexpr std::size_t kTunnels = 200;
constexpr double kRate = 2000;
#endif
/// A leak of one of each per reload would be 900.
constexpr std::size_t kDescriptorsMore = 150;
/// Freed memory is not always given back at once: about one KiB per reload would be a leak.
constexpr std::size_t kMemoryMoreKib = 1024;

/// A configuration that is another one at each step: weights change, a backend, a route, a pool
/// and a listener come and go. The backends "stays" and "echo" are the same all the time.
class Shifting {
  public:
    Shifting(const bench::TestOrigins& origins, const FakeBackend& echo)
        : origins_(origins), echo_(echo.address()) {}

    std::string at(std::size_t step) const {
        const auto weight = [step](std::size_t of) { return std::to_string(1 + (step + of) % 5); };
        const std::string check =
            "check = { http = \"GET /healthz\", every = \"500ms\", "
            "timeout = \"400ms\", fall = 100 }\n";
        std::string app = "[pool.app]\n" + check + "backends = [" + backend("stays", 0, "1") +
                          backend("shifts", 1, weight(0));
        if (step % 3 != 0) app += backend("comes", 2, weight(1));
        if (step % 7 == 3) app += backend("seldom" + std::to_string(step % 4), 3, weight(2));
        app += "]\n";
        std::string more =
            "[log]\naccess = \"off\"\n[pool.tunnels]\nbackends = [{ name = \"echo\", "
            "address = \"" +
            echo_ + "\", weight = " + weight(3) + " }]\n";
        if (step % 2 == 0) {
            more += "[[route]]\nname = \"sometimes\"\npath = \"/sometimes/*\"\npool = \"app\"\n";
        }
        more += "[[route]]\nname = \"chat\"\npath = \"/chat\"\npool = \"tunnels\"\n";
        if (step % 5 == 1) {
            more += "[pool.brief]\n" + check + "backends = [" + backend("brief", 3, "1") +
                    "]\n[[route]]\nname = \"brief\"\npath = \"/brief\"\npool = \"brief\"\n";
        }
        if (step % 4 == 2) {
            more += "[listener.second]\nbind = \"127.0.0.1:0\"\npool = \"app\"\n";
        }
        return config({.listener = "pool = \"app\"", .process = "workers = 2", .more = app + more});
    }

  private:
    std::string backend(const std::string& name, std::size_t origin,
                        const std::string& weight) const {
        return "{ name = \"" + name + "\", address = \"" + origins_.address(origin).text() +
               "\", weight = " + weight + " }, ";
    }

    const bench::TestOrigins& origins_;
    const std::string echo_;
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

TEST_CASE("a thousand reloads under load: no request fails, no tunnel drops, nothing grows",
          "[scenarios][reload][soak]") {
    bench::TestOrigins origins{4};
    FakeBackend echo{echo_for_good};
    const Shifting shifting{origins, echo};
    Balancer balancer{{.whole = shifting.at(0)}};
    const std::uint16_t port = balancer.port();
    Tunnels tunnels{port, "/chat", kTunnels};
    SteadyLoad load{port, {.rate = kRate, .counts_executions = true}};
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

    const LoadOutcome outcome = load.stop();
    CHECK(outcome.failures == "");
    CHECK(outcome.failed == 0);
    CHECK(outcome.duplicated == 0);
    CHECK(outcome.lost == 0);
    CHECK(outcome.ok > 0);

    // The tunnels' configuration is the first one: it and the present one are all that is left.
    CHECK(eventually([&] { return balancer.metric("fairlead_snapshots") == 2; }));
    CHECK(tunnels.echoes() > kTunnels);
    CHECK(tunnels.close() == 0);
    CHECK(eventually([&] { return balancer.metric("fairlead_snapshots") == 1; }));
    CHECK(balancer.status("/leaving") == "(none)");
}

}  // namespace fairlead::scenarios
