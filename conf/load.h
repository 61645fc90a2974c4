/// From a file to a Model, with every mistake of the file reported in one go.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conf/model.h"
#include "proxy/base/error.h"
#include "proxy/base/result.h"

namespace fairlead::conf {

/// Looks up an environment variable; nothing when it is unset.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// How included files are found and read.
struct FileAccess {
    /// The bytes of a file.
    std::function<Result<std::string>(const std::string& path)> read;
    /// The names of the files in a folder, in any order; none when there is no such folder.
    std::function<Result<std::vector<std::string>>(const std::string& folder)> list;
};

struct LoadOptions {
    /// The names `policy` may have. Empty: any name is taken.
    std::span<const std::string_view> policies{};
    /// For `${NAME}`. Empty: the environment of the process.
    Environment environment{};
    /// For `include`. Empty: the file system.
    FileAccess files{};
};

struct LoadResult {
    Model model;                  ///< complete and consistent only when ok()
    std::vector<Error> errors;    ///< sorted by file and place; a TOML syntax error stands alone
    std::vector<Error> warnings;  ///< sorted by file and place

    bool ok() const { return errors.empty(); }
};

/// Reads and checks a file, with what it includes at most 1001 files of 16 MiB together. `path`
/// appears in errors as it is given, and in front of the paths of included files.
LoadResult load_file(const std::string& path, const LoadOptions& options = {});
/// The same for text; `file` is what errors call it.
LoadResult load_text(std::string_view text, const std::string& file,
                     const LoadOptions& options = {});

/// Warnings as they are printed: as `render` does for errors, with "warning:" in place of "error:".
std::string render_warnings(const std::vector<Error>& warnings);
/// "1 error", "2 errors".
std::string count_text(std::size_t count, std::string_view noun);

}  // namespace fairlead::conf
