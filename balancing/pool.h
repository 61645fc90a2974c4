/// One worker's view of a pool: the candidates, the policy's state, the worker's own queue.
/// Lives on its worker's loop; not thread-safe. Everything shared is in SharedPool.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "balancing/candidates.h"
#include "balancing/picked.h"
#include "balancing/policy.h"
#include "balancing/queue.h"
#include "balancing/registry.h"
#include "balancing/shared_pool.h"

namespace fairlead::balancing {

class Pool {
  public:
    using Picked = balancing::Picked;

    /// @param shared  its policy name is known (find_policy)
    /// @param worker  below the number of workers `shared` was made for
    /// @param seed    different on each worker, fixed in tests
    Pool(std::shared_ptr<SharedPool> shared, unsigned worker, std::uint64_t seed);
    /// The queue must be empty: whoever waits is removed or destroyed before.
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    const std::string& name() const { return shared_->name(); }
    const PoolSettings& settings() const { return shared_->settings(); }
    const std::shared_ptr<SharedPool>& shared() const { return shared_; }
    unsigned worker() const { return worker_; }

    /// Chooses a backend and takes a lease of it.
    /// @param hash_key  for policy "hash"; any number otherwise
    /// @param tried     backends this exchange failed on; not chosen again
    /// @param now       the loop's time; never goes back
    /// @return a lease; NoBackend (nothing usable that is not in `tried`); QueueFull; or wait, when
    /// all
    ///         that is usable is full or others wait already: then enqueue.
    Picked pick(std::uint64_t hash_key, std::span<const Backend* const> tried, Time now);

    /// What asking for one certain backend can come to.
    enum class Stay : std::uint8_t {
        Taken,
        Busy,  ///< full, or not yet known to be well: somebody else for this once
        Out,   ///< as is_out()
    };
    /// Takes a lease of this backend, whatever the policy, weights and tiers say, and also of one
    /// that drains.
    /// @param backend  of this pool
    /// @param lease    set with Taken only
    Stay stay(Backend& backend, Time now, Lease& lease);
    /// It is no place to come back to: down, ejected or in maintenance, while there are others.
    bool is_out(const Backend& backend, Time now);

    /// Waits for a lease: on_turn is called from serve_waiters, never from here. The caller keeps
    /// the deadline of the wait and calls remove when it has passed (or destroys the waiter).
    /// @param tried  not copied: stays valid and unchanged while waiting
    /// @return false when the queue became full meanwhile (QueueFull); nothing waits then
    bool enqueue(Waiter& waiter, std::uint64_t hash_key, std::span<const Backend* const> tried,
                 Time now);
    /// Takes a waiter out without a turn; does nothing to one that does not wait.
    void remove(Waiter& waiter);
    /// After Waker::wake for this worker: gives turns, oldest first, while there are leases.
    void serve_waiters(Time now);

    const Queue& queue() const { return queue_; }
    /// A pick with nothing tried would not answer NoBackend.
    bool has_usable(Time now);
    /// For the retry budget: a request reached a backend.
    void note_request(Time now) { shared_->retry_budget().note_request(now, worker_); }

  private:
    friend class Queue;

    /// A candidate in slow start, held to its fair share of this worker's picks.
    struct Rising {
        std::size_t index = 0;
        const Backend* backend = nullptr;
        double share = 0;   ///< of all picks, by full weight
        double credit = 0;  ///< picks it may still take; closed below zero
    };
    /// Candidates of one tier (or of all, when nothing is usable) and the policy's memory of them.
    struct Tier {
        unsigned number = 0;
        Candidates candidates;
        std::unique_ptr<Policy> policy;
        std::vector<Rising> rising;
        bool is_held = false;     ///< rising ones are held to their share
        bool is_limited = false;  ///< every candidate has a max_in_flight
    };
    enum class Outcome : std::uint8_t { Taken, Full, None };

    void refresh(Time now);
    bool gather(int level, Time now);
    void settle(Tier& tier, Time now);
    void seed_phantoms(Tier& tier, Time now);
    double ramp(const Backend& backend, Time now) const;
    Tier& tier_of(unsigned number);

    Picked pick_now(std::uint64_t hash_key, std::span<const Backend* const> tried, Time now);
    Outcome take_from(Tier& tier, std::uint64_t hash_key, std::span<const Backend* const> tried,
                      Time now, Lease& lease);
    bool take(Tier& tier, std::uint64_t hash_key, Time now, Lease& lease);
    void excuse(Time now);
    void set_front_share();
    bool is_handing_over() const { return front_share_ < 1; }
    bool is_fronts_turn();
    bool must_wait(std::span<const Backend* const> tried) const;
    bool has_room(std::span<const Backend* const> tried) const;
    bool is_candidate(const Backend& backend) const;
    void drop_gone();

    const std::shared_ptr<SharedPool> shared_;
    Signals& signals_;
    const PolicyRow& row_;
    const unsigned worker_;
    const std::uint64_t seed_;
    std::uint64_t version_ = 0;      ///< of the candidates; 0 = never made
    Time refresh_at_ = Time::max();  ///< while a slow start runs
    Time excuse_at_ = Time::min();   ///< while requests fail
    bool is_excusing_ = false;
    std::vector<std::unique_ptr<Tier>> tiers_;  ///< made when first needed, kept
    std::vector<Tier*> active_;  ///< those with candidates now, in order; the first serves
    double front_share_ =
        1;  ///< of the picks that go to the first active tier: see set_front_share
    double front_credit_ = 0;            ///< picks that tier has coming
    std::vector<double> scratch_;        ///< of seed_phantoms; kept for its memory
    std::vector<Rising> rising_before_;  ///< of settle; likewise
    Queue queue_;
};

}  // namespace fairlead::balancing
