/// `sticky` of a pool: the cookie that brings a client back to its backend.
#pragma once

#include <optional>

#include "conf/section.h"

namespace fairlead::conf {

/// @param out  what is inherited; written keys are laid over it, "off" takes it away
void read_sticky(Section& section, std::optional<Sticky>& out);

}  // namespace fairlead::conf
