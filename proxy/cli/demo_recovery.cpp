#include "proxy/cli/demo_recovery.h"

namespace fairlead::cli {

void DemoRecovery::on_killed(std::size_t origin, Time when) {
    ++kills_;
    origins_[origin] = {Phase::Dying, when};
}

void DemoRecovery::on_revived(std::size_t origin, Time when) {
    Origin& revived = origins_[origin];
    if (revived.phase == Phase::Out) {
        revived = {Phase::Returning, when};
        return;
    }
    ++unnoticed_;
    revived.phase = Phase::Alive;
}

DemoRecovery::Change DemoRecovery::observe(std::size_t origin, bool is_usable, Time when) {
    Origin& seen = origins_[origin];
    if (seen.phase == Phase::Dying && !is_usable) {
        seen.phase = Phase::Out;
        detected_.push_back(when - seen.since);
        return Change::Detected;
    }
    if (seen.phase == Phase::Returning && is_usable) {
        seen.phase = Phase::Alive;
        returned_.push_back(when - seen.since);
        return Change::Returned;
    }
    return Change::None;
}

}  // namespace fairlead::cli
