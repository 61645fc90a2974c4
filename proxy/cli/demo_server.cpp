#include "proxy/cli/demo_server.h"

#include <mutex>
#include <utility>

#include "balancing/state.h"
#include "bench/loop_thread.h"
#include "proxy/base/text.h"
#include "proxy/cli/load_config.h"
#include "proxy/control/admin_server.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/runtime/server.h"
#include "proxy/telemetry/log.h"

namespace fairlead::cli {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds{10};

std::string demo_config(const std::vector<SocketAddress>& origins) {
    std::string text =
        "[admin]\nbind = \"127.0.0.1:0\"\n[log]\naccess = \"off\"\nlevel = \"error\"\n"
        "[listener.demo]\nbind = \"127.0.0.1:0\"\npool = \"demo\"\n[pool.demo]\n"
        "check = { http = \"GET /healthz\", every = \"200ms\", timeout = \"150ms\", rise = 2, "
        "fall = 2, every_changing = \"100ms\", every_down = \"250ms\" }\n"
        "slow_start = { over = \"1s\" }\nbackends = [";
    for (const SocketAddress& origin : origins) text += "\"" + origin.text() + "\", ";
    return text + "]\n";
}

class DemoServer final : public DemoBalancer {
  public:
    ~DemoServer() override {
        thread_.call([this](net::Loop&) {
            look_.reset();
            admin_.reset();
            server_.reset();
        });
    }

    Result<void> start(conf::Model model) {
        Result<void> outcome;
        thread_.call([&](net::Loop& loop) {
            const std::optional<conf::Admin> admin_settings = model.admin;
            auto server = runtime::Server::make(loop, runtime::prepare(std::move(model), nullptr));
            if (!server) {
                outcome = fail(std::move(server).error().front());
                return;
            }
            server_ = std::move(*server);
            auto admin = control::AdminServer::make(loop, *server_, nullptr, admin_settings);
            if (!admin) {
                outcome = fail(std::move(admin).error());
                return;
            }
            admin_ = std::move(*admin);
            address_ = server_->bindings().front().address.address;
            admin_url_ = "http://" + admin_->address()->text() + "/";
            outcome = server_->start();
            if (!outcome) return;
            loop_ = &loop;
            look_ = std::make_unique<net::Deadline>(loop.timers(), this, [](void* self) noexcept {
                static_cast<DemoServer*>(self)->look();
            });
            look();
        });
        return outcome;
    }

    SocketAddress address() const override { return address_; }
    std::string admin_url() const override { return admin_url_; }
    std::vector<DemoBackend> backends() const override {
        const std::lock_guard lock(mutex_);
        return backends_;
    }
    std::uint64_t retries() const override {
        std::uint64_t sum = 0;
        for (const telemetry::Counter* counter :
             server_->snapshot().pools.front()->series.retries) {
            sum += counter->value();
        }
        return sum;
    }

  private:
    /// Copies what the demo asks for, so that it never waits for this loop.
    void look() {
        std::vector<DemoBackend> seen;
        const runtime::SnapshotPool& pool = *server_->snapshot().pools.front();
        for (const auto& each : pool.backends) {
            const health::Health health = server_->monitor().health(*pool.shared, *each->backend);
            DemoBackend backend;
            backend.state = balancing::word(health.state);
            backend.reason = health.reason;
            backend.is_usable = server_->is_ready() && balancing::is_well(health.state);
            for (const telemetry::Counter* counter : each->series->requests) {
                if (counter != nullptr) backend.requests += counter->value();
            }
            backend.in_flight = each->backend->in_flight();
            seen.push_back(std::move(backend));
        }
        {
            const std::lock_guard lock(mutex_);
            backends_.swap(seen);
        }
        look_->set(loop_->now() + kLookEvery);
    }

    mutable std::mutex mutex_;
    std::vector<DemoBackend> backends_;
    SocketAddress address_;
    std::string admin_url_;
    net::Loop* loop_ = nullptr;
    std::unique_ptr<runtime::Server> server_;
    std::unique_ptr<control::AdminServer> admin_;
    std::unique_ptr<net::Deadline> look_;
    bench::LoopThread thread_;  // last: its end stops the loop the others live on
};

}  // namespace

Result<std::unique_ptr<DemoBalancer>> start_demo_server(const std::vector<SocketAddress>& origins) {
    telemetry::log::set_level(telemetry::log::Level::Error);
    auto model = load_config_text(demo_config(origins), "demo", "the demo cannot start");
    if (!model) return fail("the demo's configuration is not accepted");
    auto server = std::make_unique<DemoServer>();
    if (Result<void> started = server->start(std::move(*model)); !started) {
        return fail(std::move(started).error());
    }
    return server;
}

}  // namespace fairlead::cli
