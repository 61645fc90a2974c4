/// `dns` of a pool: a name whose addresses are its backends, asked for again and again.
#pragma once

#include <optional>

#include "conf/section.h"

namespace fairlead::conf {

void read_dns(Section& section, std::optional<Dns>& out);

}  // namespace fairlead::conf
