/// Every key a configuration may have, made by running the readers, so that it cannot drift from
/// them. For the test that compares it with docs/configuration.md.
#pragma once

#include <string>
#include <vector>

namespace fairlead::conf {

/// "pool.retry.attempts" and so on, sorted; names of sections are left out, and the keys of
/// [defaults.pool], which are those of a pool.
std::vector<std::string> keys();

}  // namespace fairlead::conf
