#include "proxy/cli/demo.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bench/figures.h"
#include "proxy/cli/demo_origins.h"
#include "proxy/cli/demo_recovery.h"
#include "proxy/cli/demo_report.h"
#include "proxy/cli/demo_screen.h"
#include "proxy/cli/demo_traffic.h"
#include "proxy/net/loop.h"
#include "proxy/net/signals.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::cli {

namespace {

/// How often the balancer is asked, so how exact the times to detect and return are.
constexpr Duration kTick = std::chrono::milliseconds(20);
constexpr Duration kDrawEvery = std::chrono::milliseconds(250);
constexpr Duration kRequestTimeout = std::chrono::seconds(5);

/// The demo while it runs. Everything happens in its tick.
class Demo {
  public:
    Demo(const DemoSettings& settings, DemoOrigins& origins, DemoBalancer& balancer,
         std::FILE* out);

    /// @return an error when it could not run to its end
    Result<void> run();
    /// Prints the result; returns the exit code.
    int report();

  private:
    enum class Phase : std::uint8_t { Readying, Running, Finishing, Done };

    void on_tick();
    void on_signal();
    void become_ready(Time now);
    void run_outages(Time now);
    void observe(const std::vector<DemoBackend>& backends, Time now);
    void draw(const std::vector<DemoBackend>& backends, Time now);
    void finish(Time now);
    void give_up(Error error);
    void tell(Time now, std::string_view what) { screen_.event(now - start_, what); }

    DemoSettings settings_;
    DemoOrigins& origins_;
    DemoBalancer& balancer_;
    DemoScreen screen_;
    net::Loop loop_;
    net::Deadline tick_;
    DemoRecovery recovery_;
    std::optional<DemoOutages> outages_;
    std::unique_ptr<DemoTraffic> traffic_;
    bench::Tally tally_;  ///< as drawn last
    Phase phase_ = Phase::Readying;
    Time start_;  ///< of waiting, then of the traffic
    Time end_ = Time::max();
    Time stopped_{};
    Time draw_at_{};
    std::uint64_t drawn_requests_ = 0;
    Time drawn_when_{};
    std::optional<Error> error_;
};

Demo::Demo(const DemoSettings& settings, DemoOrigins& origins, DemoBalancer& balancer,
           std::FILE* out)
    : settings_(settings),
      origins_(origins),
      balancer_(balancer),
      screen_(out, DemoScreen::may_draw_on(out)),
      tick_(net::Deadline::of<&Demo::on_tick>(loop_.timers(), *this)),
      recovery_(origins.addresses().size()),
      start_(loop_.now()) {
    settings_.outages.origins = origins.addresses().size();
}

Result<void> Demo::run() {
    const net::SignalWatch terminate(loop_, SIGTERM, [this] { on_signal(); });
    const net::SignalWatch interrupt(loop_, SIGINT, [this] { on_signal(); });
    tick_.set(start_);
    loop_.run();
    if (traffic_ != nullptr) tally_ = traffic_->tally();
    traffic_.reset();
    if (error_) return fail(std::move(*error_));
    return {};
}

void Demo::on_signal() {
    if (phase_ == Phase::Running) {
        finish(loop_.now());
        return;
    }
    phase_ = Phase::Done;
    loop_.stop();
}

void Demo::on_tick() {
    const Time now = loop_.now();
    tick_.set(now + kTick);
    const std::vector<DemoBackend> backends = balancer_.backends();
    switch (phase_) {
        case Phase::Readying:
            if (std::all_of(backends.begin(), backends.end(),
                            [](const DemoBackend& backend) { return backend.is_usable; })) {
                become_ready(now);
            } else if (now - start_ > settings_.ready_in) {
                give_up({"the balancer did not find its backends usable",
                         "see their reasons with fairlead check, or free the loopback's ports",
                         {}});
            }
            break;
        case Phase::Running:
            observe(backends, now);
            run_outages(now);
            draw(backends, now);
            if (now >= end_) finish(now);
            break;
        case Phase::Finishing:
            observe(backends, now);
            // Each request has a deadline of its own, so this ends.
            if (!traffic_->is_idle()) break;
            draw_at_ = now;
            draw(backends, now);
            phase_ = Phase::Done;
            loop_.stop();
            break;
        case Phase::Done:
            break;
    }
}

void Demo::become_ready(Time now) {
    phase_ = Phase::Running;
    start_ = now;
    end_ = after(now, settings_.run_for);
    outages_.emplace(settings_.outages, now, end_);
    bench::LaneSettings traffic;
    traffic.target.address = balancer_.address();
    traffic.target.host = "localhost";
    traffic.target.requests.emplace_back();
    traffic.timeout = kRequestTimeout;
    traffic.connections = settings_.connections;
    traffic.rate = settings_.rate;
    traffic_ = std::make_unique<DemoTraffic>(std::move(traffic));
    drawn_when_ = now;
    tell(now, fmt::format("{:.0f} requests/s to http://{}/ over {} connections", settings_.rate,
                          balancer_.address().text(), settings_.connections));
    if (const std::string url = balancer_.admin_url(); !url.empty()) {
        tell(now, "status page: " + url);
    }
}

void Demo::run_outages(Time now) {
    while (const auto step = outages_->next(now)) {
        const std::string name = DemoOrigins::name(step->origin);
        if (step->kind == DemoOutageStep::Kind::Kill) {
            tell(now, name + " killed");
            origins_.kill(step->origin);
            recovery_.on_killed(step->origin, now);
            continue;
        }
        if (auto revived = origins_.revive(step->origin); !revived) {
            give_up(std::move(revived).error());
            return;
        }
        recovery_.on_revived(step->origin, now);
        tell(now, name + " revived");
    }
}

void Demo::observe(const std::vector<DemoBackend>& backends, Time now) {
    for (std::size_t i = 0; i < backends.size(); ++i) {
        const auto change = recovery_.observe(i, backends[i].is_usable, now);
        if (change == DemoRecovery::Change::None) continue;
        const bool is_detected = change == DemoRecovery::Change::Detected;
        const Duration took =
            is_detected ? recovery_.detected().back() : recovery_.returned().back();
        tell(now, fmt::format("{} {} after {}: {}", DemoOrigins::name(i),
                              is_detected ? "taken out" : "back in", bench::human_duration(took),
                              backends[i].reason));
    }
}

void Demo::draw(const std::vector<DemoBackend>& backends, Time now) {
    if (now < draw_at_) return;
    draw_at_ = now + kDrawEvery;
    const std::uint64_t failures_before = tally_.outcomes.errors();
    tally_ = traffic_->tally();
    const bench::OutcomeCounts& outcomes = tally_.outcomes;
    if (outcomes.errors() > failures_before) {
        tell(now, fmt::format("{} requests failed",
                              bench::human_number(outcomes.errors() - failures_before)));
    }
    DemoView view;
    view.elapsed = now - start_;
    for (std::size_t i = 0; i < backends.size(); ++i) {
        view.rows.push_back({DemoOrigins::name(i), origins_.is_alive(i), backends[i]});
    }
    const double seconds = std::chrono::duration<double>(now - drawn_when_).count();
    view.requests = outcomes.total();
    if (seconds > 0) {
        view.requests_per_second = static_cast<std::uint64_t>(
            static_cast<double>(view.requests - drawn_requests_) / seconds + 0.5);
    }
    view.failures = outcomes.errors();
    view.retries = balancer_.retries();
    drawn_requests_ = view.requests;
    drawn_when_ = now;
    screen_.show(view);
}

/// No more requests and no more outages; what is under way may end.
void Demo::finish(Time now) {
    phase_ = Phase::Finishing;
    stopped_ = now;
    traffic_->stop();
}

void Demo::give_up(Error error) {
    error_ = std::move(error);
    phase_ = Phase::Done;
    loop_.stop();
}

int Demo::report() {
    const Time end = stopped_ == Time{} ? loop_.now() : stopped_;
    const DemoReport report{end - start_, tally_, balancer_.retries(), recovery_};
    screen_.close("\n" + report.text());
    return report.exit_code();
}

}  // namespace

int run_demo(const DemoSettings& settings, const StartDemoBalancer& start_balancer, std::FILE* out,
             std::FILE* err) {
    constexpr int kExitProblem = 1;
    const auto complain = [err](const Error& error) {
        std::fputs(error.render().c_str(), err);
        return kExitProblem;
    };
    net::ignore_sigpipe();
    const auto origins = DemoOrigins::start(settings.outages.origins);
    if (!origins) return complain(origins.error());
    const auto balancer = start_balancer((*origins)->addresses());
    if (!balancer) return complain(balancer.error());
    Demo demo(settings, **origins, **balancer, out);
    if (const auto ran = demo.run(); !ran) return complain(ran.error());
    return demo.report();
}

}  // namespace fairlead::cli
