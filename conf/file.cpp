#include "conf/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace fairlead::conf {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{16} << 20U;

Error unreadable(const std::string& path, std::string why, std::string hint) {
    Error error;
    error.message = fmt::format("cannot read {}: {}", path, why);
    error.hint = std::move(hint);
    return error;
}

}  // namespace

Result<std::string> read_bytes(const std::string& path, std::string_view missing_hint) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rb"),
                                                               &std::fclose};
    if (!file) {
        return fail(unreadable(path, std::strerror(errno),
                               errno == ENOENT ? std::string(missing_hint) : ""));
    }
    std::string bytes;
    char piece[64 * 1024];
    while (const std::size_t length = std::fread(piece, 1, sizeof piece, file.get())) {
        bytes.append(piece, length);
        if (bytes.size() > kFileBytesMax) return fail(unreadable(path, "larger than 16 MiB", ""));
    }
    if (std::ferror(file.get()) != 0) return fail(unreadable(path, std::strerror(errno), ""));
    return bytes;
}

Result<std::vector<std::string>> list_files(const std::string& folder) {
    constexpr std::size_t kNamesMax = 100'000;
    namespace fs = std::filesystem;
    std::vector<std::string> names;
    std::error_code status;
    fs::directory_iterator entry{folder, status};
    if (status == std::errc::no_such_file_or_directory) return names;
    for (; !status && entry != fs::directory_iterator{}; entry.increment(status)) {
        std::error_code ignored;  // a link that leads nowhere is no file
        if (!entry->is_regular_file(ignored)) continue;
        names.push_back(entry->path().filename().string());
        if (names.size() > kNamesMax) {
            return fail(unreadable(folder, fmt::format("more than {} files", kNamesMax), ""));
        }
    }
    if (status) return fail(unreadable(folder, status.message(), ""));
    return names;
}

void sort_by_place(std::vector<Error>& errors, const std::vector<Source>& sources) {
    std::unordered_map<std::string_view, std::size_t> order;
    for (const Source& source : sources) order.emplace(source.file(), source.number());
    const auto key = [&](const Error& error) {
        const auto file = order.find(error.where.file);
        return std::tuple{file == order.end() ? 0 : file->second, error.where.line,
                          error.where.column};
    };
    std::stable_sort(errors.begin(), errors.end(),
                     [&](const Error& a, const Error& b) { return key(a) < key(b); });
}

std::string printable(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    return text;
}

std::string line_text(const Location& there, const Location& here) {
    return there.file == here.file ? fmt::format("line {}", there.line)
                                   : fmt::format("{}:{}", there.file, there.line);
}

}  // namespace fairlead::conf
