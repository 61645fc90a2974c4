/// What can be done of a change before it touches anything: the settings and their differences, and
/// names to addresses. Takes its time (DNS), so it runs on a thread of its own while serving goes
/// on; at start it runs on main's.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "conf/model.h"
#include "conf/plan.h"
#include "conf/settings.h"
#include "proxy/base/address.h"
#include "proxy/base/result.h"

namespace fairlead::runtime {

/// Where the backends with names are, by HostPort::text().
using AddressBook = std::unordered_map<std::string, Result<std::vector<SocketAddress>>>;

struct Prepared {
    conf::Model model;  ///< loaded without errors, overrides laid over
    std::shared_ptr<const conf::SettingList> settings;
    std::vector<conf::Change> changes;  ///< from what runs; everything is Added at start
    AddressBook addresses;
};

/// @param running  the settings in force; null at start
Prepared prepare(conf::Model model, const conf::SettingList* running);

}  // namespace fairlead::runtime
