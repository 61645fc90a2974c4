#include "bench/load_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <thread>
#include <utility>

#include "bench/executions.h"
#include "bench/load_thread.h"
#include "bench/plain_client.h"
#include "bench/timeline.h"
#include "proxy/net/signals.h"

namespace fairlead::bench {

namespace {

constexpr Duration kInterval = std::chrono::seconds(1);
/// The run is looked after this often: for the stop flag and for the end.
constexpr Duration kLook = std::chrono::milliseconds(10);
/// A schedule that runs behind by more than this at the end of a second has slipped in it.
constexpr double kBehindSeconds = 0.1;
/// Of the planned requests: so many may be late by the generator's own doing.
constexpr double kSlippedShareMax = 0.01;
constexpr double kBusyShare = 0.9;
/// What is under way when a run is interrupted may end within this.
constexpr Duration kGrace = std::chrono::seconds(1);

Time now() { return std::chrono::steady_clock::now(); }

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

class Run {
  public:
    Run(const LoadSettings& settings, const std::atomic<bool>& stop,
        const std::function<void(const LoadProgress&)>& on_second);

    RunReport execute();

  private:
    void wait_until(Time when);
    bool is_stopped() const { return stop_.load(std::memory_order_relaxed); }
    Tally take();
    std::uint64_t late();
    void warm_up();
    void measure();
    bool wait_until_idle(Time limit, bool is_stoppable);
    void drain();
    void fill_report();
    void fill_protocols();
    void progress(const Tally& tally, Duration took, std::uint64_t late, bool is_warmup);
    void judge();

    const LoadSettings& settings_;
    const std::atomic<bool>& stop_;
    const std::function<void(const LoadProgress&)>& on_second_;
    std::string id_series_;
    std::vector<std::unique_ptr<LoadThread>> threads_;
    Time started_{};
    Time measured_from_{};
    Time end_{};
    Tally carried_;  // of the first row: ended while the warm-up was ended
    Tally total_;
    Timeline timeline_;
    std::uint64_t broken_off_ = 0;  // sent, and not waited for
    unsigned seconds_ = 0;          // measured whole intervals
    unsigned seconds_behind_ = 0;   // at whose end the schedule was behind
    RunReport report_;
};

Run::Run(const LoadSettings& settings, const std::atomic<bool>& stop,
         const std::function<void(const LoadProgress&)>& on_second)
    : settings_(settings), stop_(stop), on_second_(on_second) {
    if (settings_.sends_ids) {
        // Another run's ids must not be taken for ours, whatever its seed.
        id_series_ = fmt::format("b{:012x}", Random::from_entropy().next() >> 16U);
    }
}

void Run::wait_until(Time when) {
    while (!is_stopped()) {
        const Duration left = when - now();
        if (left <= Duration::zero()) return;
        std::this_thread::sleep_for(std::min(left, kLook));
    }
}

Tally Run::take() {
    Tally all;
    for (const auto& thread : threads_) {
        thread->each_lane([&](Lane& lane) { all.add(lane.take()); });
    }
    return all;
}

std::uint64_t Run::late() {
    std::uint64_t late = 0;
    for (const auto& thread : threads_) {
        thread->each_lane([&](Lane& lane) { late += lane.late(); });
    }
    return late;
}

void Run::progress(const Tally& tally, Duration took, std::uint64_t late, bool is_warmup) {
    if (!on_second_) return;
    LoadProgress progress;
    progress.second = seconds_of(now() - started_);
    progress.is_warmup = is_warmup;
    progress.outcomes = tally.outcomes;
    progress.late = late;
    if (took > Duration::zero()) {
        progress.rate = static_cast<double>(tally.outcomes.total()) / seconds_of(took);
    }
    progress.p50 = tally.from_planned.quantile(0.5);
    progress.p99 = tally.from_planned.quantile(0.99);
    progress.max = tally.from_planned.max();
    on_second_(progress);
}

RunReport Run::execute() {
    std::optional<ExecutionCheck> check;
    if (settings_.sends_ids) check.emplace(settings_.targets, id_series_);
    for (unsigned i = 0; i < settings_.threads; ++i) {
        threads_.push_back(std::make_unique<LoadThread>(lanes_of(settings_, id_series_, i)));
    }
    started_ = now();
    measured_from_ = started_ + settings_.warmup;
    end_ = after(measured_from_, settings_.duration);
    for (const auto& thread : threads_) {
        thread->each_lane([&](Lane& lane) { lane.start(started_, measured_from_, end_); });
    }
    warm_up();
    measure();
    drain();
    fill_report();
    judge();
    std::uint64_t sent = 0;
    for (const auto& thread : threads_) {
        thread->each_lane([&](Lane& lane) { sent += lane.requests_sent(); });
    }
    threads_.clear();  // connections close before the origin is asked
    if (check) report_.executions = check->finish(sent, broken_off_);
    return std::move(report_);
}

void Run::warm_up() {
    for (Time next = started_ + kInterval; next < measured_from_ && !is_stopped();
         next += kInterval) {
        wait_until(next);
        progress(Tally(), kInterval, late(), true);
    }
    wait_until(measured_from_);
    report_.warmup = std::min(settings_.warmup, now() - started_);  // less when it is interrupted
    // A request planned in the warm-up is not counted, wherever it ends, but its bytes and its
    // connection were.
    carried_ = take();
    carried_.bytes_sent = 0;
    carried_.bytes_received = 0;
    carried_.connections_opened = 0;
    carried_.handshakes_whole = 0;
    carried_.handshakes_resumed = 0;
    carried_.requests_reused = 0;
    for (const auto& thread : threads_) thread->begin_measuring();
}

void Run::measure() {
    Time last = now();
    while (last < end_ && !is_stopped()) {
        wait_until(std::min(last + kInterval, end_));
        Tally tally = take();
        tally.add(std::exchange(carried_, Tally()));
        const std::uint64_t waiting = late();
        const Time time = now();
        timeline_.add(seconds_of(time - measured_from_), tally, waiting);
        if (!is_stopped()) {
            ++seconds_;
            // One that is due this moment is not behind, however low the rate.
            const double behind = std::max(1.0, settings_.rate * kBehindSeconds);
            if (static_cast<double>(waiting) > behind) ++seconds_behind_;
        }
        total_.add(tally);
        progress(tally, time - last, waiting, false);
        last = time;
    }
    report_.is_interrupted = is_stopped();
    report_.duration = std::max(Duration::zero(), std::min(now(), end_) - measured_from_);
    const double seconds = seconds_of(report_.duration);
    if (seconds > 0) {
        report_.achieved_rate = static_cast<double>(total_.ended) / seconds;
    }
    for (const auto& thread : threads_) {
        const LoadThread::Cpu cpu = thread->measured_cpu();
        report_.cpu.user_seconds += cpu.user_seconds;
        report_.cpu.system_seconds += cpu.system_seconds;
        report_.cpu.busy_share = std::max(report_.cpu.busy_share, cpu.busy_share);
    }
}

/// @return whether nothing is under way and nothing waits to be sent
bool Run::wait_until_idle(Time limit, bool is_stoppable) {
    while (true) {
        bool is_idle = true;
        for (const auto& thread : threads_) {
            thread->each_lane([&](Lane& lane) { is_idle = is_idle && lane.is_idle(); });
        }
        if (is_idle) return true;
        if (now() >= limit || (is_stoppable && is_stopped())) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

/// What is under way or late gets the time of one request. An interrupted run sends nothing more
/// and waits a moment, so that few requests are left of which nobody knows whether they were
/// executed. Those have no result: they did not time out, nobody waited for them.
void Run::drain() {
    if (!report_.is_interrupted) {
        const bool is_idle = wait_until_idle(now() + settings_.timeout, true);
        report_.is_interrupted = !is_idle && is_stopped();
    }
    if (report_.is_interrupted) {
        for (const auto& thread : threads_) thread->each_lane([](Lane& lane) { lane.halt(); });
        wait_until_idle(now() + std::min(kGrace, settings_.timeout), false);
        for (const auto& thread : threads_) {
            thread->each_lane([&](Lane& lane) { broken_off_ += lane.under_way(); });
        }
    } else {
        for (const auto& thread : threads_) thread->each_lane([](Lane& lane) { lane.give_up(); });
    }
    const Tally tally = take();
    if (tally.outcomes.total() > 0) {
        timeline_.add(seconds_of(now() - measured_from_), tally, 0);
    }
    total_.add(tally);
}

/// What was spoken, each once.
void Run::fill_protocols() {
    const auto add = [](auto& list, const auto& value) {
        if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
    };
    bool is_tls = false;
    for (const Target& target : settings_.targets) {
        add(report_.protocols, protocol_name(target.protocol));
        is_tls = is_tls || target.is_tls;
    }
    report_.streams = settings_.streams;
    if (!is_tls) return;
    TlsUse& use = report_.tls.emplace();
    use.whole = total_.handshakes_whole;
    use.resumed = total_.handshakes_resumed;
    for (const auto& thread : threads_) {
        thread->each_lane([&](Lane& lane) {
            for (const TlsAgreement& each : lane.agreements()) add(use.agreed, each);
        });
    }
}

void Run::fill_report() {
    report_.is_closed = settings_.is_closed;
    report_.is_poisson = settings_.is_poisson;
    report_.connections = settings_.connections;
    report_.threads = settings_.threads;
    for (const Target& target : settings_.targets) report_.targets.push_back(target.url);
    fill_protocols();
    report_.offered_rate = settings_.is_closed ? 0 : settings_.rate;
    report_.planned = total_.planned;
    report_.unsent = total_.unsent;
    report_.outcomes = total_.outcomes;
    report_.from_planned = std::move(total_.from_planned);
    report_.from_send = std::move(total_.from_send);
    report_.bytes_sent = total_.bytes_sent;
    report_.bytes_received = total_.bytes_received;
    report_.connections_opened = total_.connections_opened;
    report_.requests_reused = total_.requests_reused;
    report_.interval_seconds = timeline_.interval_seconds();
    report_.timeline = timeline_.take();
}

/// Says why the load was not what was asked for, when it was not.
void Run::judge() {
    for (const auto& thread : threads_) {
        thread->each_lane([&](Lane& lane) {
            if (lane.shortage().empty()) return;
            report_.generator_limited = std::string(lane.shortage());
        });
    }
    if (report_.generator_limited || settings_.is_closed || total_.planned == 0) return;
    const double slipped =
        static_cast<double>(total_.slipped) / static_cast<double>(total_.planned);
    const bool is_behind = seconds_behind_ * 2 > seconds_;
    const int busy_percent = static_cast<int>(std::lround(report_.cpu.busy_share * 100));
    if (!is_behind && slipped <= kSlippedShareMax) return;
    if (report_.cpu.busy_share >= kBusyShare) {
        report_.generator_limited =
            fmt::format("its busiest thread needed a CPU {} % of the time", busy_percent);
    } else if (is_behind) {
        report_.generator_limited = fmt::format(
            "all {} connections were waiting for answers at the end of {} of {} seconds",
            settings_.connections, seconds_behind_, seconds_);
    } else {
        report_.generator_limited = fmt::format(
            "{:.1f} % of the requests left more than 10 ms late though connections were free",
            slipped * 100);
    }
}

}  // namespace

Result<RunReport> run_load(const LoadSettings& settings, const std::atomic<bool>& stop,
                           const std::function<void(const LoadProgress&)>& on_second) {
    assert(!settings.targets.empty() && settings.threads > 0);
    net::ignore_sigpipe();
    for (const Target& target : settings.targets) {
        if (auto there = try_connect(target.address, settings.timeout); !there) {
            return fail(std::move(there).error());
        }
    }
    return Run(settings, stop, on_second).execute();
}

std::string protocol_name(Protocol protocol) {
    switch (protocol) {
        case Protocol::Http1:
            return "HTTP/1.1";
        case Protocol::Http2:
            return "HTTP/2";
        case Protocol::Tcp:
            break;
    }
    return "TCP";
}

}  // namespace fairlead::bench
