/// What going from one configuration to another changes: the lines of `fairlead diff`, of the plan
/// in the API and of the log at each reload. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.h"

namespace fairlead::conf {

/// One difference.
struct Change {
    enum class Kind : std::uint8_t { Added, Removed, Changed };
    Kind kind = Kind::Changed;
    SettingGroup::Kind what = SettingGroup::Kind::Process;
    std::string name;  ///< as in SettingGroup
    std::string pool;
    /// What is different, of Changed: `timeouts.connect "2s" -> "5s"`; secrets without values. Of a
    /// backend that keeps its name and not its address, which is another one: the address.
    std::vector<std::string> details;
    /// What follows from it: "drains", "needs a restart", "order"; may be empty.
    std::string effect;

    bool needs_restart() const;
    /// "+ pool api", "- backend app/b3 (drains)", `~ listener web: limits.body "none" -> "1MiB"`
    std::string text() const;
    bool operator==(const Change&) const = default;
};

/// In the order process, admin, log, listeners, routes, pools with their backends, expectations;
/// of a kind as `wanted` has them, then what is removed. A pool that is added or removed stands for
/// its backends. Routes that moved past others are Changed with the effect "order". Takes time in
/// proportion to the settings, not to their square.
std::vector<Change> plan(const SettingList& running, const SettingList& wanted);

}  // namespace fairlead::conf
