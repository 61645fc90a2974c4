/// What a configuration asks of the user it is to run as. Pure.
#pragma once

#include <vector>

#include "conf/model.h"
#include "proxy/runtime/privileges.h"

namespace fairlead::runtime {

/// What is done after the change to `[process] user`, at the latest at the next reload: reading the
/// files again, writing the state and the log, adding and removing listeners.
std::vector<UserNeed> user_needs(const conf::Model& model);

}  // namespace fairlead::runtime
