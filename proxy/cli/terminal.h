/// What a command may do on its output.
#pragma once

#include <cstddef>
#include <cstdio>

namespace fairlead::cli {

struct Terminal {
    bool is_terminal = false;
    bool has_colour = false;  ///< a terminal, and NO_COLOR is not set
    std::size_t columns = 0;  ///< 0: any number
    std::size_t rows = 0;     ///< 0: any number
};

/// Asks each time: a window changes its size.
Terminal look_at_terminal(std::FILE* file);

}  // namespace fairlead::cli
