/// Finding the programs that are compared.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::bench::peers {

/// This program's own file.
std::filesystem::path own_path();

/// The executable `name` in the folders of `path` (as $PATH), else where administrators' programs
/// are, which ordinary users' PATH leaves out.
std::optional<std::filesystem::path> find_on_path(std::string_view name, std::string_view path);

/// The balancer that belongs to the fairlead-bench at `own`: beside it, as installed; in
/// ../proxy, as in a build tree; else on `path`.
std::optional<std::filesystem::path> find_fairlead(const std::filesystem::path& own,
                                                   std::string_view path);

}  // namespace fairlead::bench::peers
