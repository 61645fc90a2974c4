#include "health/damping.h"

#include <algorithm>

namespace fairlead::health {

void Damping::note_down(Time now) { downs_[count_++ % kKept] = now; }

std::size_t Damping::downs(Time now) const {
    const auto end = downs_.begin() + static_cast<std::ptrdiff_t>(std::min(count_, kKept));
    return static_cast<std::size_t>(
        std::count_if(downs_.begin(), end, [&](Time down) { return now - down < kWindow; }));
}

Duration Damping::hold(Time now) const {
    const std::size_t count = downs(now);
    if (count < kDownsFree) return Duration::zero();
    Duration hold = kHoldFirst;
    for (std::size_t more = kDownsFree; more < count && hold < kHoldMax; ++more) hold *= 2;
    return std::min(hold, kHoldMax);
}

}  // namespace fairlead::health
