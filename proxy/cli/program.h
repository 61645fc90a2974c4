/// The command line of `fairlead`: subcommands and their arguments.
#pragma once

namespace fairlead::cli {

/// @return the exit code: 0 fine, 1 it ran and found a problem, 2 bad usage or bad configuration
int run_program(int argc, char** argv);

}  // namespace fairlead::cli
