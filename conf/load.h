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

namespace fairlead::conf {

/// Looks up an environment variable; nothing when it is unset.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

struct LoadOptions {
    /// The names `policy` may have. Empty: any name is taken.
    std::span<const std::string_view> policies{};
    /// For `${NAME}`. Empty: the environment of the process.
    Environment environment{};
};

struct LoadResult {
    Model model;                  ///< complete and consistent only when ok()
    std::vector<Error> errors;    ///< sorted by place; a TOML syntax error stands alone
    std::vector<Error> warnings;  ///< sorted by place

    bool ok() const { return errors.empty(); }
};

/// Reads and checks a file of at most 16 MiB. `path` appears in errors as it is given.
LoadResult load_file(const std::string& path, const LoadOptions& options = {});
/// The same for text; `file` is what errors call it.
LoadResult load_text(std::string_view text, const std::string& file,
                     const LoadOptions& options = {});

/// Warnings as they are printed: as `render` does for errors, with "warning:" in place of "error:".
std::string render_warnings(const std::vector<Error>& warnings);
/// "1 error", "2 errors".
std::string count_text(std::size_t count, std::string_view noun);

}  // namespace fairlead::conf
