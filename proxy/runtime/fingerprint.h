/// Tells one content of a set of files from another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fairlead::runtime {

/// Over names and contents, in order; a file that cannot be read counts as such. Blocks on the
/// disk. @return never 0
std::uint64_t fingerprint_of(const std::vector<std::string>& files);

}  // namespace fairlead::runtime
