/// A monitor in a world of its own: probes that answer as a test says, and time that passes only
/// while a test lets it.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "health/monitor.h"
#include "proxy/telemetry/log.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace fairlead::health {

class FakeAlarm final : public Alarm {
  public:
    void set(Time when) override { when_ = when; }
    Time when() const { return when_; }
    void pass() {
        when_ = Time::max();
        on_passed_();
    }

  private:
    Time when_ = Time::max();
};

/// How a backend answers from now on.
struct Answer {
    Outcome outcome = Outcome::Passed;
    std::string reason;
    Duration takes = std::chrono::milliseconds{1};
};

class FakeProbes final : public ProbeMaker {
  public:
    explicit FakeProbes(const FakeClock& clock) : clock_(clock) {}

    std::unique_ptr<Probe> make(const conf::Check&, ProbeTarget target) override {
        return std::make_unique<FakeProbe>(*this, target.address.text());
    }
    /// By address; those not named pass.
    std::map<std::string, Answer> answers;
    /// Starts of checks, in order: when and of whom.
    std::vector<std::pair<Time, std::string>> starts;
    std::size_t under_way_most = 0;

    std::vector<Time> starts_of(const std::string& address) const {
        std::vector<Time> times;
        for (const auto& [when, who] : starts) {
            if (who == address) times.push_back(when);
        }
        return times;
    }
    /// When the next check ends.
    Time next_end() const { return ends_.empty() ? Time::max() : ends_.begin()->first; }
    void end_next() {
        FakeProbe* probe = ends_.begin()->second;
        ends_.erase(ends_.begin());
        probe->end();
    }

  private:
    class FakeProbe final : public Probe {
      public:
        FakeProbe(FakeProbes& world, std::string address)
            : world_(world), address_(std::move(address)) {}
        ~FakeProbe() override {
            for (auto it = world_.ends_.begin(); it != world_.ends_.end(); ++it) {
                if (it->second != this) continue;
                world_.ends_.erase(it);
                break;
            }
        }
        void start(OnDone on_done) override {
            REQUIRE(!on_done_);  // one at a time
            on_done_ = std::move(on_done);
            world_.starts.emplace_back(world_.clock_.now(), address_);
            answer_ = world_.answers[address_];
            world_.ends_.emplace(world_.clock_.now() + answer_.takes, this);
            world_.under_way_most = std::max(world_.under_way_most, world_.ends_.size());
        }
        void end() {
            const OnDone on_done = std::exchange(on_done_, {});
            on_done({answer_.outcome, answer_.reason, answer_.takes});
        }

      private:
        FakeProbes& world_;
        const std::string address_;
        Answer answer_;
        OnDone on_done_;
    };

    const FakeClock& clock_;
    std::multimap<Time, FakeProbe*> ends_;
};

/// One pool "app" with backends b1, b2, ... at 127.0.0.1:3001, 3002, ...
class SimulatedChecks {
  public:
    explicit SimulatedChecks(unsigned backends, balancing::PoolSettings settings = {})
        : monitor(clock, alarm, probes, metrics, Random{1}) {
        std::vector<balancing::BackendSettings> list;
        for (unsigned i = 1; i <= backends; ++i) list.push_back(backend_settings(i));
        pool = balancing::SharedPool::make("app", std::move(settings), std::move(list), 1, nullptr);
    }
    static balancing::BackendSettings backend_settings(unsigned number) {
        balancing::BackendSettings settings;
        settings.name = "b" + std::to_string(number);
        settings.address = HostPort::parse(address(number)).value();
        return settings;
    }
    static std::string address(unsigned number) {
        return "127.0.0.1:" + std::to_string(3000 + number);
    }

    balancing::Backend& backend(unsigned number) { return *pool->backends()[number - 1]; }
    balancing::State state(unsigned number) { return backend(number).state(); }
    Health health(unsigned number) { return monitor.health(*pool, backend(number)); }
    Answer& answer(unsigned number) { return probes.answers[address(number)]; }
    void let_pass(unsigned number) { answer(number) = {}; }
    void let_fail(unsigned number, std::string reason = "connect refused") {
        answer(number) = {Outcome::Failed, std::move(reason)};
    }

    void watch(unsigned number, const conf::Check& check = {}) {
        monitor.watch(pool, pool->backends()[number - 1], check, {SocketAddress{}});
    }
    void watch_all(const conf::Check& check = {}) {
        for (unsigned i = 1; i <= pool->backends().size(); ++i) watch(i, check);
    }
    void start() {
        monitor.start([this] {
            ++first_rounds;
            first_round_at = clock.now();
        });
    }

    /// Lets time pass; everything that falls due happens at its time.
    void run_for(Duration duration) {
        const Time end = clock.now() + duration;
        std::size_t events_at_once = 0;
        while (true) {
            const Time next = std::min(alarm.when(), probes.next_end());
            if (next > end) break;
            if (next > clock.now()) {
                clock.advance(next - clock.now());
                events_at_once = 0;
            }
            REQUIRE(++events_at_once < 100'000);  // time goes on
            if (probes.next_end() <= clock.now()) {
                probes.end_next();
            } else {
                alarm.pass();
            }
        }
        clock.advance(end - clock.now());
    }

    /// What has been logged since the last call.
    std::string logged() {
        const std::string all = log_.text();
        return all.substr(std::exchange(logged_before_, all.size()));
    }

    FakeClock clock;
    FakeAlarm alarm;
    FakeProbes probes{clock};
    telemetry::Registry metrics{1};
    std::shared_ptr<balancing::SharedPool> pool;
    Monitor monitor;
    int first_rounds = 0;
    Time first_round_at{};

  private:
    telemetry::log::Capture log_;
    std::size_t logged_before_ = 0;
};

}  // namespace fairlead::health
