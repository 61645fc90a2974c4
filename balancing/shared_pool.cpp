#include "balancing/shared_pool.h"

#include <algorithm>
#include <utility>

namespace fairlead::balancing {
namespace {

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
    pool->backends_.reserve(backends.size());
    for (BackendSettings& wanted : backends) {
        std::shared_ptr<Backend> backend;
        if (previous != nullptr) {
            const auto found = std::find_if(
                previous->backends_.begin(), previous->backends_.end(), [&](const auto& old) {
                    return old->name() == wanted.name && old->address() == wanted.address;
                });
            if (found != previous->backends_.end()) backend = *found;
        }
        if (backend != nullptr) {
            backend->apply(wanted);
        } else {
            backend = Backend::make(std::move(wanted), pool->signals_);
            if (previous != nullptr) backend->note_joined_late();
        }
        pool->backends_.push_back(std::move(backend));
    }
    return pool;
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

void SharedPool::bring_up(Backend& backend, Time now) {
    if (is_well(backend.state())) return;
    const bool another_is_well = std::any_of(
        backends_.begin(), backends_.end(),
        [&](const auto& other) { return other.get() != &backend && is_well(other->state()); });
    const bool rises =
        settings_.slow_start.over > Duration::zero() && backend.has_settled() && another_is_well;
    backend.set_state(rises ? State::Rising : State::Up, now);
}

Duration SharedPool::tick(Time now) {
    Duration next = kForever;
    for (const auto& backend : backends_) {
        if (backend->state() != State::Rising) continue;
        const Duration left = settings_.slow_start.over - (now - backend->since());
        if (left <= Duration::zero()) {
            backend->set_state(State::Up, now);
        } else {
            next = std::min(next, left);
        }
    }
    return next;
}

}  // namespace fairlead::balancing
