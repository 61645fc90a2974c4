#include "conf/include.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "conf/file.h"

namespace fairlead::conf {
namespace {

constexpr std::size_t kFilesMax = 1000;

bool has_wildcard(std::string_view text) {
    return text.find_first_of("*?") != std::string_view::npos;
}

/// "conf.d/*.toml" as ("conf.d", "*.toml").
std::pair<std::string, std::string> split_folder(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return {"", path};
    return {path.substr(0, std::max<std::size_t>(slash, 1)), path.substr(slash + 1)};
}

std::string join(const std::string& folder, const std::string& name) {
    if (folder.empty() || name.starts_with('/')) return name;
    return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

/// One spelling of a path, so that a file named twice is read once.
std::string normalised(const std::string& path) {
    return std::filesystem::path{path}.lexically_normal().string();
}

class Finder {
  public:
    Finder(const Reading& reading, const FileAccess& access, std::vector<std::string>& folders)
        : reading_(reading),
          access_(access),
          folders_(folders),
          main_(reading.document.sources().front().file()) {}

    std::vector<IncludedFile> find() {
        Section root{reading_, reading_.document.root(), Place{}, "", ""};
        std::vector<Text> patterns;
        root.texts("include", patterns);
        for (const Text& pattern : patterns) look_up(pattern);
        std::vector<IncludedFile> files;
        for (auto& [path, place] : found_) files.push_back(IncludedFile{path, place});
        if (files.size() > kFilesMax) {
            reading_.error(root.value_place("include"),
                           fmt::format("\"include\" names {} files", files.size()),
                           fmt::format("{} are the limit", kFilesMax));
            files.clear();
        }
        return files;
    }

  private:
    void look_up(const Text& pattern) {
        if (pattern.text.empty() || pattern.text.ends_with('/') ||
            pattern.text.find('\0') != std::string::npos) {
            reading_.error(pattern.place, fmt::format("\"{}\" is not a file", pattern.text),
                           "as \"conf.d/*.toml\"");
            return;
        }
        const std::string path = normalised(join(split_folder(main_).first, pattern.text));
        const auto [folder, name] = split_folder(path);
        if (has_wildcard(split_folder(pattern.text).first)) {
            reading_.error(pattern.place,
                           fmt::format("a folder of \"{}\" is a pattern", pattern.text),
                           "only the last part may have \"*\" or \"?\"");
        } else if (has_wildcard(name)) {
            look_into(pattern, folder, name);
        } else {
            add(path, pattern.place);
        }
    }

    void look_into(const Text& pattern, const std::string& folder, const std::string& name) {
        const std::string shown = folder.empty() ? "." : folder;
        if (std::find(folders_.begin(), folders_.end(), shown) == folders_.end()) {
            folders_.push_back(shown);
        }
        const Result<std::vector<std::string>> names = access_.list(shown);
        if (!names) {
            reading_.error(pattern.place, names.error().message, names.error().hint);
            return;
        }
        bool has_match = false;
        for (const std::string& each : *names) {
            if (!fits_pattern(each, name)) continue;
            has_match = true;
            add(join(folder, each), pattern.place);
        }
        if (!has_match) {
            reading_.warning(pattern.place, fmt::format("no file fits \"{}\"", pattern.text),
                             fmt::format("looked in {}", shown));
        }
    }

    void add(const std::string& path, Place place) {
        if (path != normalised(main_)) found_.emplace(path, place);
    }

    const Reading& reading_;
    const FileAccess& access_;
    std::vector<std::string>& folders_;
    const std::string& main_;
    std::map<std::string, Place> found_;
};

}  // namespace

bool fits_pattern(std::string_view name, std::string_view pattern) {
    if (name.starts_with('.') && !pattern.starts_with('.')) return false;
    // The last "*" is taken as short as possible and lengthened on a mismatch: never exponential.
    std::size_t at = 0;
    std::size_t star = std::string_view::npos;
    std::size_t after_star = 0;
    std::size_t in_pattern = 0;
    while (at < name.size()) {
        if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
            star = in_pattern++;
            after_star = at;
        } else if (in_pattern < pattern.size() &&
                   (pattern[in_pattern] == '?' || pattern[in_pattern] == name[at])) {
            ++in_pattern;
            ++at;
        } else if (star != std::string_view::npos) {
            in_pattern = star + 1;
            at = ++after_star;
        } else {
            return false;
        }
    }
    while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
    return in_pattern == pattern.size();
}

std::vector<IncludedFile> find_included(const Reading& reading, const FileAccess& access,
                                        std::vector<std::string>& folders) {
    return Finder{reading, access, folders}.find();
}

}  // namespace fairlead::conf
