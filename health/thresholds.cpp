#include "health/thresholds.h"

#include <algorithm>
#include <limits>

namespace fairlead::health {

Verdict initial_verdict(conf::CheckInit init) {
    switch (init) {
        case conf::CheckInit::Up:
            return Verdict::Up;
        case conf::CheckInit::Down:
            return Verdict::Down;
        case conf::CheckInit::Probe:
            break;
    }
    return Verdict::Unknown;
}

Duration jittered(Duration interval, Random& random) {
    const double factor = 1.0 - kJitter + 2.0 * kJitter * random.unit();
    return Duration{static_cast<Duration::rep>(static_cast<double>(interval.count()) * factor)};
}

Thresholds::Thresholds(const conf::Check& check, Verdict start) : verdict_(start) { apply(check); }

void Thresholds::apply(const conf::Check& check) {
    rise_ = check.rise;
    fall_ = check.fall;
    every_ = check.every;
    every_changing_ = check.every_changing;
    every_down_ = check.every_down;
}

bool Thresholds::note(bool passed, bool may_rise) {
    const bool goes_on = streak_ > 0 && last_passed_ == passed;
    if (!goes_on) streak_ = 0;
    if (streak_ < std::numeric_limits<std::uint32_t>::max()) ++streak_;
    last_passed_ = passed;

    const Verdict wanted = passed ? Verdict::Up : Verdict::Down;
    if (wanted == verdict_) return false;
    // Nothing is known yet: waiting for more results would keep a start waiting, too.
    const std::uint32_t needed = verdict_ == Verdict::Unknown ? 1 : (passed ? rise_ : fall_);
    if (streak_ < needed) return false;
    if (passed && verdict_ == Verdict::Down && !may_rise) return false;
    verdict_ = wanted;
    return true;
}

bool Thresholds::is_settled() const {
    return streak_ > 0 && verdict_ == (last_passed_ ? Verdict::Up : Verdict::Down);
}

Duration Thresholds::interval() const {
    const Duration settled = verdict_ == Verdict::Down ? every_down_ : every_;
    return is_settled() ? settled : std::min(settled, every_changing_);
}

Duration Thresholds::next_interval(Random& random) const { return jittered(interval(), random); }

}  // namespace fairlead::health
