#include "bench/schedule.h"

#include <cassert>
#include <cmath>

namespace fairlead::bench {

namespace {

/// Three hundred years are beyond the end of any run, and what is beyond them fits no Time: a
/// target of little weight in a run of many threads has starts that are millions of years apart.
constexpr double kFarNs = 9e18;

Time at(Time start, double offset_ns) {
    const double room_ns = kFarNs - static_cast<double>(start.time_since_epoch().count());
    if (offset_ns >= room_ns) return Time::max();
    return start + Duration(static_cast<std::int64_t>(offset_ns));
}

}  // namespace

Schedule::Schedule(Time start, double rate, bool is_poisson, std::uint64_t seed)
    : start_(start), period_ns_(1e9 / rate), is_poisson_(is_poisson), random_(seed), next_(start) {
    assert(rate > 0);
}

Schedule Schedule::constant(Time start, double rate, double phase) {
    Schedule schedule(start, rate, false, 0);
    schedule.first_ns_ = phase * schedule.period_ns_;
    schedule.next_ = at(start, schedule.first_ns_);
    return schedule;
}

Schedule Schedule::poisson(Time start, double rate, std::uint64_t seed) {
    Schedule schedule(start, rate, true, seed);
    schedule.advance();  // the first start is random as well
    return schedule;
}

void Schedule::advance() {
    ++index_;
    if (is_poisson_) {
        // 1 - unit() is in (0, 1]: its logarithm is finite.
        offset_ns_ -= std::log(1 - random_.unit()) * period_ns_;
    } else {
        // From the index, not by adding: a million roundings would make another rate.
        offset_ns_ = first_ns_ + static_cast<double>(index_) * period_ns_;
    }
    next_ = at(start_, offset_ns_);
}

std::uint64_t Schedule::advance_to(Time end) {
    std::uint64_t passed = 0;
    for (; next_ < end; ++passed) advance();
    return passed;
}

}  // namespace fairlead::bench
