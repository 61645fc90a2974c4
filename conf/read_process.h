/// Reads [process], [admin] and [log].
#pragma once

#include "conf/section.h"

namespace fairlead::conf {

void read_process(Section& section, Process& out);
/// @return whether the section is usable; what is wrong has been reported.
bool read_admin(Section& section, Admin& out);
void read_log(Section& section, Log& out);

}  // namespace fairlead::conf
