/// Pool's fourth part: requests that come back to the backend they had before.
#include <algorithm>

#include "balancing/pool.h"

namespace fairlead::balancing {

Pool::Stay Pool::stay(Backend& backend, Time now, Lease& lease) {
    if (is_out(backend, now)) return Stay::Out;
    const State state = backend.state();
    if (state == State::Unknown && settings().has_checks && !is_candidate(backend)) {
        return Stay::Busy;
    }
    // Who waits was here before. One that drains has nothing for them.
    if (backend.max_in_flight() != kNoLimit && must_wait({}) && is_candidate(backend)) {
        return Stay::Busy;
    }
    if (!backend.take()) return Stay::Busy;
    lease = Lease{&backend};
    return Stay::Taken;
}

bool Pool::is_out(const Backend& backend, Time now) {
    if (version_ != signals_.version() || now >= refresh_at_) refresh(now);
    const State state = backend.state();
    if (is_well(state)) return false;
    if (state == State::Maintenance) return true;
    // What is shown as draining may be down as well.
    const bool is_bad = backend.is_ejected() || backend.health() == State::Down;
    // With everybody out all of them are tried, and then rather this one.
    return is_bad && !is_candidate(backend);
}

bool Pool::is_candidate(const Backend& backend) const {
    return std::any_of(active_.begin(), active_.end(), [&](const Tier* tier) {
        const auto all = tier->candidates.all();
        return std::any_of(all.begin(), all.end(), [&](const Candidate& candidate) {
            return candidate.backend == &backend;
        });
    });
}

}  // namespace fairlead::balancing
