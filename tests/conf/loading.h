/// Loading for tests: a fixed list of policies, no environment, and texts that differ in one place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/file.h"
#include "conf/load.h"

namespace fairlead::conf::test {

inline constexpr std::string_view kPolicies[] = {"round_robin", "weighted",   "least_connections",
                                                 "random",      "random_two", "peak_ewma",
                                                 "hash",        "first"};

inline LoadOptions options() {
    LoadOptions options;
    options.policies = kPolicies;
    options.environment = [](std::string_view) { return std::optional<std::string>{}; };
    options.files.read = [](const std::string& path) -> Result<std::string> {
        if (path.starts_with("/tls/")) return "content of " + path;
        return read_bytes(path, "");
    };
    return options;
}

inline LoadResult load(std::string_view text) { return load_text(text, "f.toml", options()); }

/// Everything that is wrong with a text, as it is printed.
inline std::string errors_of(std::string_view text) { return render(load(text).errors); }
inline std::string warnings_of(std::string_view text) {
    return render_warnings(load(text).warnings);
}

/// The message and hint of the only error, or all errors when there is not exactly one.
inline std::string only_error(std::string_view text) {
    const LoadResult result = load(text);
    if (result.errors.size() != 1) return "not one error:\n" + render(result.errors);
    const Error& error = result.errors.front();
    return error.hint.empty() ? error.message : error.message + " | " + error.hint;
}

inline constexpr std::string_view kListener = "[listener.web]\nbind = \":8080\"\npool = \"app\"\n";
inline constexpr std::string_view kPool = "[pool.app]\nbackends = [\"127.0.0.1:3001\"]\n";

/// A whole file around some lines of [pool.app].
inline std::string with_pool(std::string_view lines) {
    return std::string{kListener} + std::string{kPool} + std::string{lines} + "\n";
}
/// A whole file around some lines of [listener.web].
inline std::string with_listener(std::string_view lines) {
    return std::string{kListener} + std::string{lines} + "\n" + std::string{kPool};
}
/// A whole file with further sections at its end.
inline std::string with(std::string_view sections) {
    return std::string{kListener} + std::string{kPool} + std::string{sections} + "\n";
}

/// The only pool of a text that must load.
inline Pool pool_of(std::string_view lines) {
    const LoadResult result = load(with_pool(lines));
    return result.ok() && result.model.pools.size() == 1 ? result.model.pools.front() : Pool{};
}

}  // namespace fairlead::conf::test
