#include "proxy/cli/print.h"

#include <cstdio>

#include "conf/settings.h"
#include "proxy/cli/load_config.h"

namespace fairlead::cli {

int print_file(const std::string& path) {
    const std::optional<conf::Model> model = load_config_file(path, "the file is not usable");
    if (!model) return 2;
    const std::string text = conf::print(*model);
    // A full disk or a closed pipe must not pass for a whole file.
    const bool is_written =
        std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (is_written) return 0;
    std::fputs("error: cannot write to stdout\n", stderr);
    return 1;
}

}  // namespace fairlead::cli
