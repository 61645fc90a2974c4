/// `fairlead print`: the effective configuration, every default filled in.
#pragma once

#include <string>

namespace fairlead::cli {

/// @return the exit code
int print_file(const std::string& path);

}  // namespace fairlead::cli
