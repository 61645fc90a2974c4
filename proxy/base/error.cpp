#include "proxy/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace fairlead {
namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// A character takes one column on the screen, however many bytes it has.
std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

/// The line as it may be shown: a stray control byte must not steer the terminal.
std::string printable(std::string_view text) {
    std::string shown(text);
    for (char& c : shown) {
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) c = '?';
    }
    return shown;
}

/// What stands under the line before the caret: tabs stay tabs, so that both lines move alike.
std::string padding(std::string_view before) {
    std::string pad;
    for (const char c : before) {
        if (!is_continuation(c)) pad += c == '\t' ? '\t' : ' ';
    }
    return pad;
}

/// The line with its number and, under it, the caret with the hint.
void append_excerpt(std::string& out, const Location& where, std::string_view hint) {
    const std::string number = fmt::format("{:>5}", where.line);
    fmt::format_to(std::back_inserter(out), "{} | {}\n", number, printable(where.text));

    std::string mark;
    if (where.column > 0) {
        const std::string_view line = where.text;
        const std::size_t start = std::min(where.column - 1, line.size());
        const std::string_view marked = line.substr(start, where.length);
        mark = padding(line.substr(0, start));
        mark.append(std::max<std::size_t>(columns(marked), 1), '^');
        if (!hint.empty()) mark += ' ';
    }
    mark += hint;
    if (!mark.empty()) {
        fmt::format_to(std::back_inserter(out), "{:>{}} | {}\n", "", number.size(), mark);
    }
}

}  // namespace

Error Error::in(std::string_view noun, std::string_view name) && {
    message +=
        name.empty() ? fmt::format(" in [{}]", noun) : fmt::format(" in [{}.{}]", noun, name);
    return std::move(*this);
}

std::string Error::render() const {
    std::string out;
    if (!where.file.empty()) {
        out += where.file;
        if (where.line > 0) out += fmt::format(":{}", where.line);
        if (where.line > 0 && where.column > 0) out += fmt::format(":{}", where.column);
        out += ": ";
    }
    fmt::format_to(std::back_inserter(out), "error: {}\n", message);
    if (where.line > 0 && !where.text.empty()) {
        append_excerpt(out, where, hint);
    } else if (!hint.empty()) {
        fmt::format_to(std::back_inserter(out), "  {}\n", hint);
    }
    return out;
}

std::string render(const std::vector<Error>& errors) {
    // Files keep the order of their first error: the main file is read before what it includes.
    std::vector<std::string_view> files;
    for (const Error& error : errors) {
        if (std::find(files.begin(), files.end(), error.where.file) == files.end()) {
            files.push_back(error.where.file);
        }
    }
    std::vector<const Error*> ordered;
    ordered.reserve(errors.size());
    for (const Error& error : errors) ordered.push_back(&error);
    const auto key = [&files](const Error& error) {
        const auto file = std::find(files.begin(), files.end(), error.where.file);
        return std::tuple(file - files.begin(), error.where.line, error.where.column);
    };
    std::stable_sort(ordered.begin(), ordered.end(),
                     [&key](const Error* a, const Error* b) { return key(*a) < key(*b); });

    std::string out;
    for (const Error* error : ordered) out += error->render();
    return out;
}

}  // namespace fairlead
