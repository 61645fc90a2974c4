#include "balancing/shared_pool.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace fairlead::balancing {
namespace {

/// From the first of a pool that was out as a whole to what is taken for a return of its own.
constexpr Duration kRecovery = std::chrono::seconds{2};

bool same_budget(const RetryBudgetSettings& a, const RetryBudgetSettings& b) {
    return !(a.fraction < b.fraction) && !(b.fraction < a.fraction) && a.per_second == b.per_second;
}

}  // namespace

SharedPool::SharedPool(std::string name, PoolSettings settings)
    : name_(std::move(name)), settings_(std::move(settings)) {}

std::shared_ptr<SharedPool> SharedPool::make(std::string name, PoolSettings settings,
                                             std::vector<BackendSettings> backends,
                                             unsigned workers, Waker* waker,
                                             const SharedPool* previous) {
    const std::shared_ptr<SharedPool> pool{new SharedPool(std::move(name), std::move(settings))};
    pool->signals_ =
        previous != nullptr ? previous->signals_ : std::make_shared<Signals>(workers, waker);
    pool->retry_budget_ =
        previous != nullptr &&
                same_budget(previous->settings_.retry_budget, pool->settings_.retry_budget)
            ? previous->retry_budget_
            : std::make_shared<RetryBudget>(pool->settings_.retry_budget, workers);
    std::unordered_map<std::string_view, const std::shared_ptr<Backend>*> before;
    if (previous != nullptr) {
        pool->recovering_until_.store(previous->recovering_until_.load(std::memory_order_relaxed),
                                      std::memory_order_relaxed);
        before.reserve(previous->backends_.size());
        for (const auto& each : previous->backends_) before.emplace(each->name(), &each);
    }
    pool->backends_.reserve(backends.size());
    for (BackendSettings& wanted : backends) {
        const auto found = before.find(wanted.name);
        if (found != before.end() && (*found->second)->address() == wanted.address) {
            pool->backends_.push_back(*found->second);
            pool->wanted_.push_back(std::move(wanted));
            continue;
        }
        pool->backends_.push_back(Backend::make(std::move(wanted), pool->signals_));
        if (previous != nullptr) pool->backends_.back()->note_joined_late();
    }
    return pool;
}

void SharedPool::commit() {
    auto next = backends_.begin();
    for (const BackendSettings& wanted : wanted_) {
        // In the same order, with those that were made anew in between.
        while ((*next)->name() != wanted.name) ++next;
        (*next)->apply(wanted);
    }
    wanted_.clear();
    wanted_.shrink_to_fit();
    signals_->changed();
}

Backend* SharedPool::find(std::string_view backend_name) const {
    for (const auto& backend : backends_) {
        if (backend->name() == backend_name) return backend.get();
    }
    return nullptr;
}

bool SharedPool::has_usable() const {
    return std::any_of(backends_.begin(), backends_.end(), [](const auto& backend) {
        return is_well(backend->state()) || backend->state() == State::Unknown;
    });
}

bool SharedPool::rises(const Backend& backend, Time now) const {
    const bool another_is_well = std::any_of(
        backends_.begin(), backends_.end(),
        [&](const auto& other) { return other.get() != &backend && serves(other->state()); });
    // Those that come back together ease in nobody: there is no other to carry the rest.
    return settings_.slow_start.over > Duration::zero() && backend.has_settled() &&
           another_is_well &&
           now.time_since_epoch().count() >= recovering_until_.load(std::memory_order_relaxed);
}

bool SharedPool::is_recovering(Time now) const {
    if (now.time_since_epoch().count() >= recovering_until_.load(std::memory_order_relaxed)) {
        return false;
    }
    return std::any_of(backends_.begin(), backends_.end(),
                       [](const auto& backend) { return backend->state() == State::Down; });
}

void SharedPool::bring_up(Backend& backend, Time now) {
    if (is_well(backend.health())) return;
    if (backend.has_settled() && backends_.size() > 1 && !has_usable()) {
        recovering_until_.store((now + kRecovery).time_since_epoch().count(),
                                std::memory_order_relaxed);
    }
    backend.set_state(rises(backend, now) ? State::Rising : State::Up, now);
}

bool SharedPool::serves(State state) const {
    return is_well(state) || (state == State::Unknown && !settings_.has_checks);
}

void SharedPool::bring_back(Backend& backend, Time now) {
    if (!backend.is_ejected()) return;
    // Health first: for a moment it would be there with its whole weight.
    if (serves(backend.health()) && rises(backend, now)) backend.set_state(State::Rising, now);
    backend.set_ejected(false, now);
}

void SharedPool::set_admin(Backend& backend, AdminState admin, Time now) {
    const bool returns = admin == AdminState::Ready && backend.admin() == AdminState::Maintenance;
    if (returns && is_well(backend.health())) {
        backend.set_state(rises(backend, now) ? State::Rising : State::Up, now);
    }
    backend.set_admin(admin, now);
}

Duration SharedPool::tick(Time now) {
    Duration next = kForever;
    for (const auto& backend : backends_) {
        if (backend->health() != State::Rising) continue;
        const Duration left = settings_.slow_start.over - (now - backend->since());
        if (left <= Duration::zero()) {
            backend->set_state(settings_.has_checks ? State::Up : State::Unknown, now);
        } else {
            next = std::min(next, left);
        }
    }
    return next;
}

}  // namespace fairlead::balancing
