/// The release, as `--version`, metrics and status say it.
#pragma once

#include <string_view>

namespace fairlead {

/// "0.1.0"; the build sets it.
std::string_view version();

}  // namespace fairlead
