/// How many descriptors the process may have open.
#pragma once

#include <cstdint>

namespace fairlead::net {

/// Raises the soft limit to the hard one, where the system lets us.
/// @return the soft limit as it is then; RLIM_INFINITY is a very large number; 0 when nobody knows
std::uint64_t raise_soft_descriptor_limit();

}  // namespace fairlead::net
