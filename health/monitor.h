/// Checks the backends of all pools, watches what requests show of them, and sets their states: one
/// verdict for each, with one reason. It owns the probes, decides when each one runs, at most so
/// many at once, and is the only writer of Up, Down, Rising and Ejected.
/// Lives on one thread, main's; so do all its methods.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "balancing/backend.h"
#include "balancing/ejection.h"
#include "balancing/shared_pool.h"
#include "health/alarm.h"
#include "health/probe.h"
#include "proxy/base/clock.h"
#include "proxy/base/random.h"
#include "proxy/telemetry/registry.h"

namespace fairlead::health {

/// Probes under way at once; further ones wait, the longest overdue first.
inline constexpr std::size_t kProbesInFlightMax = 64;

/// What is known of one backend, for people.
struct Health {
    balancing::State state = balancing::State::Unknown;
    /// "3 connect refused, last 12:03:07; next check in 0.4s"; times of day are UTC.
    std::string reason;
    WallTime since{};                 ///< when the state was entered
    std::optional<ProbeResult> last;  ///< nothing before the first
    std::optional<WallTime> last_at;  ///< when that one ended
    std::uint64_t passed = 0;         ///< checks, since this backend is watched
    std::uint64_t failed = 0;
};

class Monitor {
  public:
    /// All outlive the monitor.
    Monitor(const Clock& clock, Alarm& alarm, ProbeMaker& probes, telemetry::Registry& metrics,
            Random random);
    ~Monitor();  ///< checks under way end without a result
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    /// Checks `backend` from now on. A backend that is watched already (same pool name, same
    /// object) keeps its results and takes the new settings, pool and addresses; another object
    /// under the same names replaces the old one. Backends without a check are not given here: they
    /// stay Unknown. Not from within a probe's result.
    /// @param addresses   the backend's, resolved; at least one
    /// @param reach       as its pool has it
    void watch(std::shared_ptr<balancing::SharedPool> pool,
               const std::shared_ptr<balancing::Backend>& backend, const conf::Check& check,
               const std::vector<SocketAddress>& addresses, const Reach& reach = {});
    /// Ends its checks; its state stays as it is. Unknown names are taken. Not from within a
    /// probe's result.
    void forget(std::string_view pool_name, std::string_view backend_name);
    /// Takes backends of this pool out when its requests fail (balancing::Ejection), checked or
    /// not. A pool of the same name that is watched already is replaced: backends that stay keep
    /// what is known of them. Not from within on_changed.
    void watch_traffic(std::shared_ptr<balancing::SharedPool> pool);
    void forget_traffic(std::string_view pool_name);
    /// Called after each change of a backend's state by checks or traffic, on this thread. Must not
    /// watch or forget.
    void on_changed(std::function<void()> call) { on_changed_ = std::move(call); }
    /// Called when checks or traffic take a backend out that was in use, likewise.
    void on_out(std::function<void(const std::shared_ptr<balancing::Backend>&)> call) {
        on_out_ = std::move(call);
    }
    /// A slow start was begun by somebody else (SharedPool::set_admin): ends it when it is over.
    void note_rising();

    /// Begins checking what is watched (and what will be). `on_first_round_done` is called once,
    /// not within this call: when every backend whose `init` is `probe` has its first result, at
    /// the latest after the longest `timeout` of their checks.
    void start(std::function<void()> on_first_round_done = {});
    bool first_round_is_done() const { return first_round_is_done_; }

    /// Also for a backend that is not watched ("no check").
    Health health(const balancing::SharedPool& pool, const balancing::Backend& backend) const;

    std::size_t in_flight() const { return in_flight_; }

  private:
    struct Entry;
    struct Traffic {
        balancing::Ejection ejection;
        std::map<std::string, telemetry::Counter*> ejections;  // of those that were out
    };
    using Name = std::pair<std::string, std::string>;  // of pool and backend

    using Turn = std::pair<Time, std::uint64_t>;  // when; who was first when that is the same

    Entry& entry_for(const balancing::SharedPool& pool,
                     const std::shared_ptr<balancing::Backend>& backend, const conf::Check& check);
    std::unique_ptr<Entry> make_entry(const balancing::SharedPool& pool,
                                      std::shared_ptr<balancing::Backend> backend,
                                      const conf::Check& check);
    void on_alarm();
    void on_result(Entry& entry, ProbeResult result);
    void take_result(Entry& entry);
    void take_verdict(Entry& entry);
    void state_changed(Entry& entry, balancing::State before, std::string_view why);
    void begin_due();
    void schedule(Entry& entry, Time due);
    void withdraw(Entry& entry);
    Time first_turn(const Entry& entry);
    void end_slow_starts();
    bool has_first_results() const;
    void set_alarm();
    std::string reason(const Entry& entry) const;
    void add_admin(const balancing::Backend& backend, Health& health) const;

    // monitor_traffic.cpp
    void look_at_traffic();
    void take_event(Traffic& traffic, const balancing::Ejection::Event& event);
    void note_checks_pass(const Entry& entry, bool was_down);
    void end_slow_start_without_checks(balancing::SharedPool& pool);
    void add_ejection(const balancing::SharedPool& pool, const balancing::Backend& backend,
                      Health& health) const;
    void hurry(Entry& entry);
    void hurry_the_others(const Entry& than);

    const Clock& clock_;
    Alarm& alarm_;
    ProbeMaker& probes_;
    telemetry::Registry& metrics_;
    Random random_;
    const WallTime began_;
    std::map<Name, std::unique_ptr<Entry>> entries_;
    /// The same: a reload watches thousands that are watched already, and texts are slow to
    /// compare.
    std::unordered_map<const balancing::Backend*, Entry*> by_backend_;
    std::map<std::string, Traffic, std::less<>> traffic_;  // by pool
    Time next_look_ = Time::max();
    std::map<Turn, Entry*> waiting_;  // for their turn, in its order; not those under way
    std::uint64_t turns_given_ = 0;
    std::size_t in_flight_ = 0;
    bool is_started_ = false;
    bool first_round_is_done_ = false;
    bool is_skipping_ = false;  // the last check could not be made, and that has been logged
    Time first_round_until_ = Time::max();
    Time slow_starts_until_ = Time::max();  // when the next one may be over
    std::function<void()> on_first_round_done_;
    std::function<void()> on_changed_;
    std::function<void(const std::shared_ptr<balancing::Backend>&)> on_out_;
};

}  // namespace fairlead::health
