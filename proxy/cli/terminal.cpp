#include "proxy/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace fairlead::cli {

Terminal look_at_terminal(std::FILE* file) {
    Terminal terminal;
    terminal.is_terminal = ::isatty(::fileno(file)) == 1;
    if (!terminal.is_terminal) return terminal;
    const char* const no_color = std::getenv("NO_COLOR");
    terminal.has_colour = no_color == nullptr || *no_color == '\0';
    winsize size{};
    const bool is_known = ::ioctl(::fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    terminal.columns = is_known ? size.ws_col : 80;
    terminal.rows = is_known && size.ws_row > 0 ? size.ws_row : 24;
    return terminal;
}

}  // namespace fairlead::cli
