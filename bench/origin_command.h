/// `fairlead-bench origin`: from its options to its exit code.
#pragma once

#include <cstdio>

#include "bench/options.h"

namespace fairlead::bench {

/// Serves until TERM or INT.
/// @param out  "listening on ADDRESS" for each address, once it does
/// @return 0; 2 when an address cannot be listened on
int origin_command(const OriginOptions& options, std::FILE* out, std::FILE* err);

}  // namespace fairlead::bench
