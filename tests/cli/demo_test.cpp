// The demo around a stand-in for the balancer: origins, traffic, outages and report are the real
// ones.
#include "proxy/cli/demo.h"

#include <csignal>

#include "tests/bench/raw_client.h"
#include "tests/bench/test_origins.h"
#include "tests/cli/captured_output.h"
#include "tests/support/catch.h"

namespace fairlead::cli {

namespace {

using std::chrono::milliseconds;

/// Calls a backend usable when its port takes connections, and sends clients to one fixed address.
class StandIn final : public DemoBalancer {
  public:
    StandIn(SocketAddress address, std::vector<SocketAddress> origins)
        : address_(std::move(address)), origins_(std::move(origins)) {}

    SocketAddress address() const override { return address_; }
    std::string admin_url() const override { return "http://127.0.0.1:1/"; }
    std::vector<DemoBackend> backends() const override {
        std::vector<DemoBackend> backends;
        for (const SocketAddress& origin : origins_) {
            const bool is_usable = bench::RawClient(origin).is_connected();
            backends.push_back({is_usable ? "up" : "down", "a look", is_usable, 0, 0});
        }
        return backends;
    }
    std::uint64_t retries() const override { return 7; }

  private:
    SocketAddress address_;
    std::vector<SocketAddress> origins_;
};

DemoSettings short_demo() {
    DemoSettings settings;
    settings.run_for = milliseconds(1200);
    settings.connections = 4;
    settings.rate = 200;
    settings.outages.first = milliseconds(100);
    settings.outages.every = milliseconds(500);
    settings.outages.down = milliseconds(200);
    settings.outages.needed = milliseconds(400);
    return settings;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a demo whose clients see no failure exits 0 and reports its outages", "[cli][demo]") {
    bench::TestOrigins always_there;
    CapturedOutput out;
    CapturedOutput err;
    const int code = run_demo(
        short_demo(),
        [&](const std::vector<SocketAddress>& origins) -> Result<std::unique_ptr<DemoBalancer>> {
            CHECK(origins.size() == 3);
            return std::make_unique<StandIn>(always_there.address(), origins);
        },
        out.file(), err.file());
    const std::string text = out.text();
    CAPTURE(text);
    CHECK(code == 0);
    CHECK(err.text().empty());
    CHECK(has(text, "status page: http://127.0.0.1:1/\n"));
    for (const char* event : {"a killed\n", "a taken out after ", "a revived\n", "a back in after ",
                              "b killed\n", "b revived\n"}) {
        CAPTURE(event);
        CHECK(has(text, event));
    }
    CHECK(has(text, "\nclient-visible failures 0\n"));
    CHECK(has(text, "\nretries                 7\n"));
    CHECK(has(text, "\noutages                 2\n"));
}

TEST_CASE("a demo whose clients see a failure says so and exits 1", "[cli][demo]") {
    CapturedOutput out;
    CapturedOutput err;
    const int code = run_demo(
        short_demo(),
        // Nothing balanced: all clients go to the first origin, which is killed.
        [](const std::vector<SocketAddress>& origins) -> Result<std::unique_ptr<DemoBalancer>> {
            return std::make_unique<StandIn>(origins[0], origins);
        },
        out.file(), err.file());
    const std::string text = out.text();
    CAPTURE(text);
    CHECK(code == 1);
    CHECK(has(text, " requests failed\n"));
    CHECK_FALSE(has(text, "client-visible failures 0\n"));
    CHECK(has(text, "client-visible failures "));
}

TEST_CASE("a demo without an end stops at a signal and reports", "[cli][demo]") {
    bench::TestOrigins always_there;
    DemoSettings settings = short_demo();
    settings.run_for = kForever;
    CapturedOutput out;
    CapturedOutput err;
    /// Raises INT, as Ctrl-C does, once the first outage is over.
    class Interrupting final : public DemoBalancer {
      public:
        explicit Interrupting(std::unique_ptr<DemoBalancer> inner) : inner_(std::move(inner)) {}
        SocketAddress address() const override { return inner_->address(); }
        std::string admin_url() const override { return {}; }
        std::vector<DemoBackend> backends() const override {
            std::vector<DemoBackend> backends = inner_->backends();
            was_out_ = was_out_ || !backends[0].is_usable;
            if (was_out_ && backends[0].is_usable && !has_raised_) {
                has_raised_ = true;
                std::raise(SIGINT);
            }
            return backends;
        }
        std::uint64_t retries() const override { return 0; }

      private:
        std::unique_ptr<DemoBalancer> inner_;
        mutable bool was_out_ = false;
        mutable bool has_raised_ = false;
    };
    const int code = run_demo(
        settings,
        [&](const std::vector<SocketAddress>& origins) -> Result<std::unique_ptr<DemoBalancer>> {
            return std::make_unique<Interrupting>(
                std::make_unique<StandIn>(always_there.address(), origins));
        },
        out.file(), err.file());
    CHECK(code == 0);
    CHECK(has(out.text(), "\noutages                 1\n"));
}

TEST_CASE("a balancer that cannot start ends the demo with its error", "[cli][demo]") {
    CapturedOutput out;
    CapturedOutput err;
    const int code = run_demo(
        short_demo(),
        [](const std::vector<SocketAddress>&) -> Result<std::unique_ptr<DemoBalancer>> {
            return fail("no port", "free one");
        },
        out.file(), err.file());
    CHECK(code == 1);
    CHECK(out.text().empty());
    CHECK(has(err.text(), "error: no port\n"));
}

TEST_CASE("a balancer that never finds its backends usable ends the demo", "[cli][demo]") {
    DemoSettings settings = short_demo();
    settings.ready_in = milliseconds(100);
    CapturedOutput out;
    CapturedOutput err;
    const int code = run_demo(
        settings,
        [](const std::vector<SocketAddress>& origins) -> Result<std::unique_ptr<DemoBalancer>> {
            SocketAddress nowhere = origins[0];
            nowhere.port = 1;  // nobody listens on tcpmux
            return std::make_unique<StandIn>(origins[0], std::vector<SocketAddress>{nowhere});
        },
        out.file(), err.file());
    CHECK(code == 1);
    CHECK(has(err.text(), "error: the balancer did not find its backends usable\n"));
}

}  // namespace fairlead::cli
