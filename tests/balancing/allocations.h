/// Counts what the program takes from the heap.
#pragma once

#include <cstddef>

namespace fairlead::balancing {

/// Calls of operator new since the program began.
std::size_t allocations();

}  // namespace fairlead::balancing
