/// Reads one [listener.NAME].
#pragma once

#include "conf/section.h"

namespace fairlead::conf {

/// @param out  has its name already.
void read_listener(Section& section, Listener& out);

}  // namespace fairlead::conf
