/// `fairlead reload`, `confirm` and `diff`: what the file would change, does change, and whether it
/// stays.
#pragma once

#include <string>
#include <string_view>

#include "proxy/cli/admin_client.h"

namespace fairlead::cli {

/// @param confirm  empty, or the time in which the new configuration must be confirmed, "60s"
/// @return the exit code, here and below
int reload(const AdminClient& client, const std::string& confirm);
int confirm_reload(const AdminClient& client);
/// @param path  a file of this machine, read here; what runs may come from another one
int show_difference(const AdminClient& client, const std::string& path);

/// The last line about a reload that was refused: "2 errors; the running configuration
/// (generation 7) is unchanged".
std::string refused_summary(std::string_view rendered_errors, std::uint64_t generation);

}  // namespace fairlead::cli
