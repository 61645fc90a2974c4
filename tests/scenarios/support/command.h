/// A command of the program, run to its end.
#pragma once

#include <string>
#include <vector>

namespace fairlead::scenarios {

struct CommandResult {
    int code = -1;  ///< exit code; 128 + signal when killed; -1 when it did not end in time
    std::string out;
    std::string err;
};

/// Runs `fairlead ARGUMENTS`. Its output is no terminal.
CommandResult run_command(std::vector<std::string> arguments);

}  // namespace fairlead::scenarios
