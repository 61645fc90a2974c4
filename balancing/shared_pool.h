/// What all workers share of one pool: settings, backends, who waits, the retry budget.
/// Made by `runtime` on the main thread, held by shared_ptr; members and settings never change
/// after that (a reload makes a new one which takes the backends over).
#pragma once

#include <atomic>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balancing/backend.h"
#include "balancing/retry_budget.h"
#include "balancing/settings.h"
#include "balancing/signals.h"

namespace fairlead::balancing {

class SharedPool {
  public:
    /// Main thread.
    /// @param backends  in the configuration's order; names are unique
    /// @param waker     outlives all leases; null when nobody ever waits
    /// @param previous  of a reload: backends of the same name and address are taken over with
    ///                  their state and counts, as are waiters and the retry budget. Nothing
    ///                  changes for it, or for them, before commit().
    static std::shared_ptr<SharedPool> make(std::string name, PoolSettings settings,
                                            std::vector<BackendSettings> backends, unsigned workers,
                                            Waker* waker, const SharedPool* previous = nullptr);

    /// It is in force from now on: backends that were taken over get their new weight, tier and
    /// limit. Main thread, once.
    void commit();

    const std::string& name() const { return name_; }
    const PoolSettings& settings() const { return settings_; }
    std::span<const std::shared_ptr<Backend>> backends() const { return backends_; }
    /// @return null when there is none of that name
    Backend* find(std::string_view backend_name) const;
    RetryBudget& retry_budget() const { return *retry_budget_; }
    /// Requests in the queue, over all workers.
    std::uint32_t waiting() const { return signals_->waiting(); }
    /// Some backend is well, or unknown with nothing well, whatever its limit: /ready?pool= asks
    /// this. When everything is down this is false, even though `when_all_down = try` still tries.
    bool has_usable() const;
    /// All were out, one has come back, and some of the others may be about to: what was shared by
    /// all of them until now does not fall on the first one alone.
    bool is_recovering(Time now) const;

    // ---- main thread
    /// The monitor found `backend` well: Rising when slow start applies, else Up. It applies to a
    /// backend that was out before or joined by a reload, while another one is well; not to the
    /// first result after process start. Does nothing to one that is Up or Rising already.
    void bring_up(Backend& backend, Time now);
    /// An ejection is over. A backend that health allows eases back in, as in bring_up.
    void bring_back(Backend& backend, Time now);
    /// A person said so. Out of Maintenance a well backend comes back through slow start.
    void set_admin(Backend& backend, AdminState admin, Time now);
    /// Ends each slow start that has run its time: the state becomes Up, or Unknown again where
    /// there are no checks. Workers need no tick (they
    /// compute the weight from the time), readers of the status do.
    /// @return when to call next; kForever from now when nothing rises
    Duration tick(Time now);

    Signals& signals() const { return *signals_; }

  private:
    SharedPool(std::string name, PoolSettings settings);
    bool rises(const Backend& backend, Time now) const;
    bool serves(State state) const;

    const std::string name_;
    const PoolSettings settings_;
    std::shared_ptr<Signals> signals_;
    std::shared_ptr<RetryBudget> retry_budget_;
    std::vector<std::shared_ptr<Backend>> backends_;
    std::atomic<Duration::rep> recovering_until_{std::numeric_limits<Duration::rep>::min()};
    std::vector<BackendSettings> wanted_;  ///< of those taken over; empty names: made anew
};

}  // namespace fairlead::balancing
