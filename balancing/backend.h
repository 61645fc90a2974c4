/// One address that serves a pool: who it is, its state, and what it is doing right now.
/// Made by SharedPool, kept by shared_ptr over reloads, kept alive by its leases too. Any thread
/// reads; who may write is said at each method. Counts are relaxed atomics in a cache line of their
/// own.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "balancing/evidence.h"
#include "balancing/settings.h"
#include "balancing/signals.h"
#include "balancing/state.h"

namespace fairlead::balancing {

class Lease;

class Backend {
  public:
    /// @param signals  its pool's; told of each change and of each lease given back
    static std::shared_ptr<Backend> make(BackendSettings settings,
                                         std::shared_ptr<Signals> signals);

    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    // ---- who it is (any thread)
    const std::string& name() const { return name_; }
    const HostPort& address() const { return address_; }
    /// As they are in force now.
    BackendSettings settings() const;
    unsigned weight() const { return weight_.load(std::memory_order_relaxed); }
    unsigned tier() const { return tier_.load(std::memory_order_relaxed); }
    std::uint32_t max_in_flight() const { return max_in_flight_.load(std::memory_order_relaxed); }
    /// Small number, no other living backend of this process has it: workers keep arrays by it
    /// (idle connections, counters). Used again after this backend is gone.
    std::size_t slot() const { return slot_; }

    // ---- its state (any thread)
    /// What counts, the first that applies: it has left the pool, what a person said, checks that
    /// fail, an ejection by traffic, health.
    State state() const { return state_.load(std::memory_order_acquire); }
    /// What checks say, whatever people said: Up, Down, Rising, Unknown.
    State health() const { return health_.load(std::memory_order_relaxed); }
    AdminState admin() const { return admin_.load(std::memory_order_relaxed); }
    /// Real traffic failed, and it is out for that, whatever else is said.
    bool is_ejected() const { return is_ejected_.load(std::memory_order_relaxed); }
    /// When state() was entered; Time{} before the first change.
    Time since() const { return Time{Duration{since_.load(std::memory_order_relaxed)}}; }
    /// A state was set since the process began (start_as does not count).
    bool has_settled() const { return has_settled_.load(std::memory_order_relaxed); }

    // ---- changes (main thread: monitor, admin, reload)
    /// Sets health. For a backend that is well again, SharedPool::bring_up decides between Up and
    /// Rising.
    void set_state(State health, Time now);
    /// The health before the first probe result (`init`); counts as no result.
    void start_as(State health);
    /// What a person said. SharedPool::set_admin is what to call: it eases back in.
    void set_admin(AdminState admin, Time now);
    /// Out by traffic, or back: Ejection's to call. SharedPool::bring_back eases back in.
    void set_ejected(bool is_ejected, Time now);
    /// It is no member of its pool any more: Draining from now on, whatever health says.
    void leave(Time now);
    void set_weight(unsigned weight);
    /// It joined a running pool: slow start applies to it from its first result on.
    void note_joined_late() { has_settled_.store(true, std::memory_order_relaxed); }
    /// A reload's weight, tier and max_in_flight; name and address never change. Who applies many
    /// tells the pool's signals afterwards, once.
    void apply(const BackendSettings& settings);

    // ---- what it is doing (any thread)
    /// Leases held, over all workers; tunnels not among them.
    std::uint32_t in_flight() const { return in_flight_of(count()); }
    std::uint32_t tunnels() const { return tunnels_of(count()); }
    /// Attempts that failed within the last second (to one eighth of a second more).
    std::uint32_t recent_failures(Time now) const {
        const std::int64_t last = last_failure_.load(std::memory_order_relaxed);
        if (last < (now.time_since_epoch() - kFailureWindow).count()) [[likely]]
            return 0;
        return sum_failures(now);
    }
    /// in_flight() and recent_failures(now): so a backend that fails fast does not look idle.
    std::uint32_t load(Time now) const { return in_flight() + recent_failures(now); }
    /// Below its max_in_flight. Sequentially consistent: see Signals.
    bool has_room() const {
        return in_flight_of(count_.load(std::memory_order_seq_cst)) < max_in_flight();
    }
    /// Peak-sensitive average of what leases observed, decayed to `now`, in microseconds; 0 = not
    /// known.
    float latency_us(Time now) const;

    // ---- what its requests show of it (any thread)
    void note_answered() noexcept { evidence_.good(); }
    /// At most once for each request, and only when it is this backend's fault.
    void note_fault(Fault fault, Time now) noexcept {
        evidence_.bad(fault, now);
        signals_->suspect();
    }
    Evidence& evidence() { return evidence_; }
    const Evidence& evidence() const { return evidence_; }

    // ---- for policies, Pool and Lease
    /// Everything counted, in one word; compares for take_if_unchanged.
    using Count = std::uint64_t;
    Count count() const { return count_.load(std::memory_order_relaxed); }
    static constexpr std::uint32_t in_flight_of(Count count) {
        return static_cast<std::uint32_t>(count & kFieldMask);
    }
    static constexpr std::uint32_t tunnels_of(Count count) {
        return static_cast<std::uint32_t>((count >> kTunnelShift) & kFieldMask);
    }

  private:
    friend class Lease;
    friend class Pool;

    // Layout of the count: in flight (24 bits), tunnels (24), releases under way (15), orphaned
    // (1). One word, so that taking and giving back is one instruction, and its end can be seen: a
    // backend that nobody owns any more is deleted by whoever brings the word to kOrphaned.
    // Releases that have to look for waiters afterwards stay counted as "under way" until they
    // have.
    static constexpr unsigned kTunnelShift = 24;
    static constexpr std::uint64_t kFieldMask = (1U << 24) - 1;
    static constexpr std::uint64_t kOneTunnel = std::uint64_t{1} << kTunnelShift;
    static constexpr std::uint64_t kOneRelease = std::uint64_t{1} << 48;
    static constexpr std::uint64_t kOrphaned = std::uint64_t{1} << 63;
    static constexpr std::size_t kFailureCells = 16;  ///< of an eighth of a second each; 9 are read
    static constexpr Duration kFailureWindow = std::chrono::milliseconds{1125};

    Backend(BackendSettings settings, std::shared_ptr<Signals> signals);
    ~Backend();
    void settle(Time now);
    void orphan() noexcept;

    /// +1 unless full. By compare-exchange: with add-and-undo, the moment between the two lets
    /// another worker see a full backend that is not, and two workers can send each other's waiters
    /// to sleep.
    /// @return false when it was full
    bool take() noexcept;
    /// +1 only when nothing was counted since `seen`. Full counts as unchanged but not taken:
    /// false.
    bool take_if_unchanged(Count seen) noexcept;
    /// Takes `amount` out of the count and wakes a waiter when that made room. May delete this.
    void give_back(std::uint64_t amount, std::uint64_t and_add) noexcept;
    void note_failure(Time now) noexcept;
    std::uint32_t sum_failures(Time now) const;
    void observe(Duration latency, Time now) noexcept;

    // Hot: read by each pick, written by each lease.
    alignas(64) std::atomic<Count> count_{0};
    std::atomic<std::uint32_t> max_in_flight_;
    std::atomic<std::uint64_t> latency_{
        0};  ///< float microseconds above, stamp (ms) below; 0 unknown
    std::atomic<std::int64_t> last_failure_;  ///< ns; a quick look before the cells
    Evidence evidence_;
    // Cold.
    alignas(64) std::array<std::atomic<std::uint64_t>,
                           kFailureCells> failures_{};  ///< tick above, count below
    std::atomic<State> state_{State::Unknown};          ///< of the four below
    std::atomic<State> health_{State::Unknown};
    std::atomic<AdminState> admin_{AdminState::Ready};
    std::atomic<bool> is_ejected_{false};
    std::atomic<bool> has_left_{false};
    std::atomic<bool> has_settled_{false};
    std::atomic<unsigned> weight_;
    std::atomic<unsigned> tier_;
    std::atomic<std::int64_t> since_{0};
    const std::string name_;
    const HostPort address_;
    const std::shared_ptr<Signals> signals_;
    const std::size_t slot_;
};

}  // namespace fairlead::balancing
