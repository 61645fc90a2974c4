#include "proxy/cli/demo_outages.h"

#include <cassert>

namespace fairlead::cli {

DemoOutages::DemoOutages(const DemoOutageSettings& settings, Time start, Time end)
    : settings_(settings), end_(end), kill_at_(start + settings.first) {
    assert(settings.origins > 0 && settings.every > settings.down);
}

std::optional<DemoOutageStep> DemoOutages::next(Time now) {
    if (down_ && now >= revive_at_) {
        const std::size_t origin = *down_;
        down_.reset();
        return DemoOutageStep{DemoOutageStep::Kind::Revive, origin};
    }
    if (down_ || now < kill_at_) return std::nullopt;
    if (end_ != Time::max() && now + settings_.needed > end_) return std::nullopt;
    down_ = turn_;
    turn_ = (turn_ + 1) % settings_.origins;
    // From now, not from the plan: after a stall two kills must not come close together.
    revive_at_ = now + settings_.down;
    kill_at_ = now + settings_.every;
    return DemoOutageStep{DemoOutageStep::Kind::Kill, *down_};
}

}  // namespace fairlead::cli
