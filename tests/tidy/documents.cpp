#include "tests/tidy/documents.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "proxy/base/text.h"

namespace fairlead::tidy {
namespace {

constexpr std::array<std::string_view, 10> kRootFolders{
    "proxy", "balancing", "health",   "conf",      "bench",
    "tests", "docs",      "examples", "packaging", ".ci"};

/// Calls `on_text` with each line outside fenced blocks, `on_code` with each line inside.
void each_line(std::string_view markdown, const std::function<void(std::string_view)>& on_text,
               const std::function<void(std::string_view)>& on_code) {
    bool is_code = false;
    while (!markdown.empty()) {
        const std::size_t end = std::min(markdown.find('\n'), markdown.size());
        const std::string_view line = markdown.substr(0, end);
        if (trim(line).starts_with("```")) {
            is_code = !is_code;
        } else {
            (is_code ? on_code : on_text)(line);
        }
        markdown.remove_prefix(std::min(end + 1, markdown.size()));
    }
}

void each_span(std::string_view line, const std::function<void(std::string_view)>& on_span) {
    while (true) {
        const std::size_t open = line.find('`');
        if (open == std::string_view::npos) return;
        const std::size_t close = line.find('`', open + 1);
        if (close == std::string_view::npos) return;
        on_span(line.substr(open + 1, close - open - 1));
        line.remove_prefix(close + 1);
    }
}

/// All code of the document: spans and the lines of fenced blocks.
void each_code(std::string_view markdown, const std::function<void(std::string_view)>& on_code) {
    each_line(
        markdown, [&](std::string_view line) { each_span(line, on_code); }, on_code);
}

/// A word of code as a path of ours, or nothing.
std::optional<std::string> as_path(std::string_view word) {
    while (!word.empty() && std::string_view("\"',;:()").find(word.back()) != word.npos) {
        word.remove_suffix(1);
    }
    while (!word.empty() && std::string_view("\"'(").find(word.front()) != word.npos) {
        word.remove_prefix(1);
    }
    if (word.starts_with("./")) word.remove_prefix(2);
    const std::size_t slash = word.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::string_view root = word.substr(0, slash);
    if (std::find(kRootFolders.begin(), kRootFolders.end(), root) == kRootFolders.end()) {
        return std::nullopt;
    }
    // Patterns and placeholders name no single file.
    if (word.find_first_of("*<>{}$|=") != std::string_view::npos) return std::nullopt;
    return std::string(word);
}

/// "run", not "--version".
bool is_word(std::string_view text) {
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return !text.empty() && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || c == '-'; });
}

}  // namespace

std::set<std::string> code_spans(std::string_view markdown) {
    std::set<std::string> spans;
    each_line(
        markdown,
        [&](std::string_view line) {
            each_span(line, [&](std::string_view span) { spans.emplace(span); });
        },
        [](std::string_view) {});
    return spans;
}

std::vector<Row> rows(std::string_view markdown) {
    std::vector<Row> found;
    each_line(
        markdown,
        [&](std::string_view line) {
            std::string_view row = trim(line);
            if (!row.starts_with('|')) return;
            row.remove_prefix(1);
            const std::string_view cell = trim(row.substr(0, row.find('|')));
            if (cell.size() < 3 || cell.front() != '`' || cell.find('`', 1) != cell.size() - 1) {
                return;
            }
            found.push_back({std::string(cell.substr(1, cell.size() - 2)), std::string(line)});
        },
        [](std::string_view) {});
    return found;
}

std::set<std::string> paths(std::string_view markdown, const std::string& document) {
    std::set<std::string> found;
    each_code(markdown, [&](std::string_view code) {
        for (const std::string_view word : split_list(code, ' ')) {
            if (std::optional<std::string> path = as_path(word)) found.insert(*std::move(path));
        }
    });
    const std::filesystem::path folder = std::filesystem::path(document).parent_path();
    each_line(
        markdown,
        [&](std::string_view line) {
            for (std::size_t at = line.find("]("); at != std::string_view::npos;
                 at = line.find("](", at + 2)) {
                std::string_view target = line.substr(at + 2);
                target = target.substr(0, target.find_first_of(")# "));
                if (target.empty() || target.find(':') != std::string_view::npos) continue;
                found.insert((folder / target).lexically_normal().generic_string());
            }
        },
        [](std::string_view) {});
    return found;
}

bool exists(const std::filesystem::path& root, const std::string& path) {
    std::string_view name = path;
    while (name.ends_with('/')) name.remove_suffix(1);
    const std::filesystem::path whole = root / name;
    return std::filesystem::exists(whole) ||
           std::filesystem::exists(std::filesystem::path(whole) += ".h") ||
           std::filesystem::exists(std::filesystem::path(whole) += ".cpp");
}

std::set<std::string> commands(std::string_view markdown, std::string_view program) {
    std::set<std::string> found;
    each_code(markdown, [&](std::string_view code) {
        const std::vector<std::string_view> words = split_list(code, ' ');
        for (std::size_t i = 0; i + 1 < words.size(); ++i) {
            const std::size_t slash = words[i].rfind('/');
            const std::string_view name =
                slash == std::string_view::npos ? words[i] : words[i].substr(slash + 1);
            if (name == program && is_word(words[i + 1])) found.emplace(words[i + 1]);
        }
    });
    return found;
}

std::set<std::string> subcommands(std::string_view source) {
    constexpr std::string_view kCall = "add_subcommand(";
    std::set<std::string> found;
    for (std::size_t at = source.find(kCall); at != std::string_view::npos;
         at = source.find(kCall, at + 1)) {
        std::string_view rest = source.substr(at + kCall.size());
        while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\n')) {
            rest.remove_prefix(1);
        }
        if (!rest.starts_with('"')) continue;
        rest.remove_prefix(1);
        found.emplace(rest.substr(0, rest.find('"')));
    }
    return found;
}

}  // namespace fairlead::tidy
