/// `fairlead check`: full validation, a summary on success.
#pragma once

#include <string>

namespace fairlead::cli {

/// @return the exit code
int check_file(const std::string& path);

}  // namespace fairlead::cli
