/// Reads one [listener.NAME].
#pragma once

#include "conf/read_route.h"
#include "conf/section.h"

namespace fairlead::conf {

/// @param out  has its name already.
void read_listener(Section& section, const Names& names, Listener& out);

}  // namespace fairlead::conf
