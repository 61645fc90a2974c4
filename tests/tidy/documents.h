/// What a Markdown document promises: names in backticks, rows of tables, paths.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::tidy {

/// Everything between single backticks, outside fenced blocks.
std::set<std::string> code_spans(std::string_view markdown);

/// A row of a table: its first cell, when that is one code span, and the whole line.
struct Row {
    std::string name;
    std::string line;
};
std::vector<Row> rows(std::string_view markdown);

/// What looks like a path of the checkout, in code spans, fenced blocks and links. Links are made
/// relative to the root; `document` is the path of the document from there.
std::set<std::string> paths(std::string_view markdown, const std::string& document);

/// Whether it names a file or a folder; "proxy/http/message" also names its .h.
bool exists(const std::filesystem::path& root, const std::string& path);

/// Words that follow `program` in code, as "run" in `fairlead run -c FILE`.
std::set<std::string> commands(std::string_view markdown, std::string_view program);

/// The first argument of each `add_subcommand("NAME"`, as CLI11 is told of them.
std::set<std::string> subcommands(std::string_view source);

}  // namespace fairlead::tidy
