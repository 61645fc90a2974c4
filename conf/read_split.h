/// The action `split` of a route: pools and the shares of its requests that they get.
#pragma once

#include "conf/read_route.h"
#include "conf/section.h"

namespace fairlead::conf {

/// Reads `split`, when it is written. @return whether it is written, be it right or wrong.
bool read_split(Section& section, const Names& names, Route& out);

}  // namespace fairlead::conf
