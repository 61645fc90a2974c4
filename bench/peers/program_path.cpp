#include "bench/peers/program_path.h"

#include <unistd.h>

#include <system_error>

#include "proxy/base/text.h"

namespace fairlead::bench::peers {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& file) {
    std::error_code error;
    return fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

fs::path own_path() {
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error);
}

std::optional<fs::path> find_on_path(std::string_view name, std::string_view path) {
    for (const std::string_view folders : {path, std::string_view("/usr/local/sbin:/usr/sbin")}) {
        for (const std::string_view folder : split_list(folders, ':')) {
            fs::path file = fs::path(folder) / name;
            if (is_program(file)) return fs::absolute(file);
        }
    }
    return std::nullopt;
}

std::optional<fs::path> find_fairlead(const fs::path& own, std::string_view path) {
    const fs::path folder = own.parent_path();
    for (const fs::path& file : {folder / "fairlead", folder.parent_path() / "proxy/fairlead"}) {
        if (is_program(file)) return file;
    }
    return find_on_path("fairlead", path);
}

}  // namespace fairlead::bench::peers
