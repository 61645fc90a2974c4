/// Which folder may include which, and where the header of a library may appear: the diagram of
/// docs/architecture.md as a table.
#pragma once

#include <string>
#include <vector>

#include "tests/tidy/files.h"

namespace fairlead::tidy {

/// What is wrong with the includes of these files, one line each: `file:line: why`.
std::vector<std::string> wrong_includes(const std::vector<File>& sources);

}  // namespace fairlead::tidy
