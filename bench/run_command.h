/// `fairlead-bench run`: from its options to its exit code.
#pragma once

#include <cstdio>
#include <string>

#include "bench/run_options.h"

namespace fairlead::bench {

/// Blocks until the run is over or interrupted.
/// @param command_line  as typed, for the report
/// @param out           the final table
/// @param err           errors, and a line a second when it is a terminal
/// @return 0; 1 when --fail-if holds, the generator was the limit, the run was interrupted, the
///         target cannot be reached or a file cannot be written; 2 for bad usage
int run_command(const RunTexts& texts, const std::string& command_line, std::FILE* out,
                std::FILE* err);

}  // namespace fairlead::bench
