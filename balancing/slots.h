/// Hands out small numbers, unique among their present holders. Any thread; not on the hot path.
#pragma once

#include <cstddef>

namespace fairlead::balancing {

/// @return the smallest number that nobody holds
std::size_t take_slot();
void give_slot(std::size_t slot);

}  // namespace fairlead::balancing
