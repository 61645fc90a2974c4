#include "tests/tidy/include_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

#include "proxy/base/text.h"

namespace fairlead::tidy {
namespace {

struct FolderRow {
    std::string_view folder;
    std::string_view may_use;  ///< beside itself; "*" is everything but the tests
};

/// From the ground up. A folder may use what lies below it, and beside it only where the diagram
/// has an arrow. Two are narrower than their layer: balancing does no I/O, so neither `net` nor
/// `http` is for it, and bench stays out of the balancer whose load it makes: but for bench/micro,
/// which measures parts of it.
constexpr std::array<FolderRow, 21> kFolders{{
    {"proxy/base", ""},
    {"conf", "proxy/base"},
    {"proxy/net", "proxy/base"},
    {"proxy/http", "proxy/base"},
    {"proxy/telemetry", "proxy/base"},
    {"balancing", "proxy/base conf proxy/telemetry"},
    {"proxy/connect", "proxy/base conf proxy/net proxy/http proxy/telemetry balancing"},
    {"health", "proxy/base conf proxy/net proxy/http proxy/telemetry balancing proxy/connect"},
    {"proxy/l4",
     "proxy/base conf proxy/net proxy/http proxy/telemetry balancing proxy/connect health"},
    {"proxy/l7",
     "proxy/base conf proxy/net proxy/http proxy/telemetry balancing proxy/connect health"},
    {"proxy/runtime",
     "proxy/base conf proxy/net proxy/http proxy/telemetry balancing proxy/connect health "
     "proxy/l4 proxy/l7"},
    {"proxy/control",
     "proxy/base conf proxy/net proxy/http proxy/telemetry balancing proxy/connect health "
     "proxy/l4 proxy/l7 proxy/runtime"},
    {"proxy/cli",
     "proxy/base conf proxy/net proxy/http proxy/telemetry balancing proxy/connect health "
     "proxy/l4 proxy/l7 proxy/runtime proxy/control"},
    {"proxy", "proxy/base proxy/cli"},  // main.cpp alone
    {"bench", "proxy/base proxy/net proxy/http conf"},
    {"bench/peers", "proxy/base proxy/net bench"},
    {"bench/micro", "proxy/base proxy/net proxy/http balancing proxy/l7"},
    {"tests", "*"},
    {"tests/bench/peers", "*"},
    {"tests/support", "*"},
    {"tests/fuzz", "*"},
}};

struct LibraryRow {
    std::string_view header;    ///< a header, or a folder of them ending in "/"
    std::string_view folders;   ///< where it may be included; "*" is everywhere
    std::size_t files_max = 0;  ///< in so many files of the product; 0 is any number
    bool sources_only = false;  ///< never in a header
};

constexpr std::array<LibraryRow, 14> kLibraries{{
    {"fmt/", "*"},
    {"tl/", "*"},
    {"uv.h", "proxy/net"},
    {"openssl/", "proxy/net tests/support"},
    {"ares.h", "proxy/net"},
    {"llhttp.h", "proxy/http", 1},
    {"nghttp2/", "proxy/http", 1},
    {"toml++/", "conf", 2},
    {"spdlog/", "proxy/telemetry", 0, true},
    {"nlohmann/", "proxy/runtime proxy/control bench bench/peers tests", 0, true},
    {"CLI/", "proxy/cli bench bench/peers", 0, true},
    {"curl/", "proxy/control", 0, true},
    {"catch2/", "tests/support"},
    {"benchmark/", "bench/micro", 0, true},
}};

/// Folders of headers that come with the system.
constexpr std::string_view kSystemFolders = "arpa linux net netinet sys";

bool names(std::string_view list, std::string_view word) {
    if (list == "*") return true;
    const std::vector<std::string_view> words = split_list(list, ' ');
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// The row whose folder is the longest that holds `path`.
const FolderRow* folder_of(std::string_view path) {
    const FolderRow* best = nullptr;
    for (const FolderRow& row : kFolders) {
        const bool holds =
            path.starts_with(row.folder) && path.substr(row.folder.size()).starts_with('/');
        if (holds && (best == nullptr || row.folder.size() > best->folder.size())) best = &row;
    }
    return best;
}

struct Include {
    std::size_t line = 0;
    std::string_view target;
    bool is_quoted = false;
};

std::optional<Include> parse_include(std::string_view line) {
    line = trim(line);
    if (!line.starts_with('#')) return std::nullopt;
    line = trim(line.substr(1));
    constexpr std::string_view kWord = "include";
    if (!line.starts_with(kWord)) return std::nullopt;
    line = trim(line.substr(kWord.size()));
    if (line.empty() || (line.front() != '"' && line.front() != '<')) return std::nullopt;
    const bool is_quoted = line.front() == '"';
    line.remove_prefix(1);
    return Include{0, line.substr(0, line.find(is_quoted ? '"' : '>')), is_quoted};
}

std::vector<Include> includes(std::string_view content) {
    std::vector<Include> found;
    for (std::size_t number = 1; !content.empty(); ++number) {
        const std::size_t end = std::min(content.find('\n'), content.size());
        if (std::optional<Include> include = parse_include(content.substr(0, end))) {
            include->line = number;
            found.push_back(*include);
        }
        content.remove_prefix(std::min(end + 1, content.size()));
    }
    return found;
}

/// Empty when the arrow from `from` to `target` is one of the diagram's.
std::string wrong_arrow(const File& from, std::string_view target) {
    const FolderRow* own = folder_of(from.path);
    const FolderRow* other = folder_of(target);
    if (own == nullptr) return "the folder is not in the table of tests/tidy/include_rules.cpp";
    if (other == nullptr) return fmt::format("include \"{}\" from the root", target);
    if (own == other || names(own->may_use, other->folder)) return {};
    // The demo brings its own origins and its own traffic.
    const bool is_demo = from.path.starts_with("proxy/cli/demo");
    if (is_demo && other->folder == "bench") return {};
    // The program itself stands above the library whose folder it is in.
    const bool is_program = from.path == "bench/main.cpp" || from.path == "bench/options.cpp" ||
                            from.path == "bench/options.h";
    if (is_program && other->folder == "bench/peers") return {};
    return fmt::format("{} must not include {} (it may use: {})", own->folder, target,
                       own->may_use.empty() ? "nothing" : own->may_use);
}

const LibraryRow* library_of(std::string_view target) {
    for (const LibraryRow& row : kLibraries) {
        const bool is_folder = row.header.ends_with('/');
        if (is_folder ? target.starts_with(row.header) : target == row.header) return &row;
    }
    return nullptr;
}

std::string wrong_library(const File& from, std::string_view target) {
    const LibraryRow* library = library_of(target);
    if (library == nullptr) {
        const std::size_t slash = target.find('/');
        const bool is_system = slash == std::string_view::npos
                                   ? !target.ends_with(".hpp")
                                   : names(kSystemFolders, target.substr(0, slash));
        return is_system ? ""
                         : fmt::format("<{}> is of a library that is not in the table", target);
    }
    const FolderRow* own = folder_of(from.path);
    if (own == nullptr) return {};  // told by its other includes, or by having no row at all
    const bool is_test = own->folder.starts_with("tests");
    if (!names(library->folders, own->folder) && !(is_test && names(library->folders, "tests"))) {
        return fmt::format("<{}> may be included in {} only", target, library->folders);
    }
    if (library->sources_only && !is_test && from.path.ends_with(".h")) {
        return fmt::format("<{}> may be included in a .cpp only", target);
    }
    return {};
}

}  // namespace

std::vector<std::string> wrong_includes(const std::vector<File>& sources) {
    std::vector<std::string> wrong;
    std::map<const LibraryRow*, std::vector<std::string>> users;
    for (const File& source : sources) {
        if (folder_of(source.path) == nullptr) {
            wrong.push_back(
                fmt::format("{}:1: the folder is not in the table of tests/tidy/include_rules.cpp",
                            source.path));
            continue;
        }
        for (const Include& include : includes(source.content)) {
            const std::string why = include.is_quoted ? wrong_arrow(source, include.target)
                                                      : wrong_library(source, include.target);
            if (!why.empty()) {
                wrong.push_back(fmt::format("{}:{}: {}", source.path, include.line, why));
            } else if (!include.is_quoted) {
                std::vector<std::string>& files = users[library_of(include.target)];
                if (files.empty() || files.back() != source.path) files.push_back(source.path);
            }
        }
    }
    for (const auto& [library, files] : users) {
        if (library == nullptr || library->files_max == 0) continue;
        for (std::size_t i = library->files_max; i < files.size(); ++i) {
            wrong.push_back(fmt::format("{}:1: <{}> may be included in {} file(s) only, as in {}",
                                        files[i], library->header, library->files_max,
                                        files.front()));
        }
    }
    return wrong;
}

}  // namespace fairlead::tidy
