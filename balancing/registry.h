/// Every policy there is: one row each.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "balancing/policy.h"
#include "balancing/settings.h"

namespace fairlead::balancing {

struct PolicyRow {
    std::string_view name;     ///< in the configuration
    std::string_view summary;  ///< one line for people
    std::unique_ptr<Policy> (*make)(const PolicySettings& settings, std::uint64_t seed);
    /// Traffic is shared out, in the long run, in proportion to weights: slow start may hold a
    /// rising backend to its share. Not so where the key or the order decides.
    bool shares_by_weight;
};

std::span<const PolicyRow> policies();
/// @return null when there is none of that name
const PolicyRow* find_policy(std::string_view name);
/// @param seed  for randomness and for where a turn starts, different on each worker
/// @return null when there is none of that name
std::unique_ptr<Policy> make_policy(std::string_view name, const PolicySettings& settings,
                                    std::uint64_t seed);

}  // namespace fairlead::balancing
