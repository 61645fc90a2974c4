/// `fairlead-bench peers` from its settings to its exit code.
#pragma once

#include <string>

#include "bench/peers/settings.h"

namespace fairlead::bench::peers {

/// Runs the scenarios and prints a table for each to stdout, errors to stderr. TERM and INT end it
/// early, with what it has. Pins the calling thread.
/// @param version  of fairlead-bench
/// @return the exit code: 0 every bar was met, 1 one was missed, something failed or it was
/// interrupted, 2 a program
///         cannot be run
int run_peers(PeersSettings settings, const std::string& version);

}  // namespace fairlead::bench::peers
