/// Reads one [[expect]].
#pragma once

#include "conf/read_route.h"
#include "conf/section.h"

namespace fairlead::conf {

void read_expect(Section& section, const Names& names, Expectation& out);

}  // namespace fairlead::conf
