/// Reads the `backends` of a pool.
#pragma once

#include "conf/section.h"

namespace fairlead::conf {

/// Reads addresses and tables, then checks that names differ and tiers have no holes.
/// @param out  its max_in_flight is set already; backends without their own take it.
void read_backends(Section& section, Pool& out);

}  // namespace fairlead::conf
