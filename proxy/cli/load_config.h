/// Reads a configuration the way every command does: all errors printed, warnings too.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/model.h"

namespace fairlead::cli {

/// Loads, validates and runs the `[[expect]]` tests. Prints to stderr what is wrong, with a last
/// line `summary` ("nothing was started").
/// @return nothing when there were errors: exit code 2
std::optional<conf::Model> load_config_file(const std::string& path, std::string_view summary);
std::optional<conf::Model> load_config_text(std::string_view text, const std::string& name,
                                            std::string_view summary);

}  // namespace fairlead::cli
