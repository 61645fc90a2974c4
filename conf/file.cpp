#include "conf/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <tuple>
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

void sort_by_place(std::vector<Error>& errors) {
    std::stable_sort(errors.begin(), errors.end(), [](const Error& a, const Error& b) {
        return std::tie(a.where.line, a.where.column) < std::tie(b.where.line, b.where.column);
    });
}

std::string line_text(const Location& there, const Location& here) {
    return there.file == here.file ? fmt::format("line {}", there.line)
                                   : fmt::format("{}:{}", there.file, there.line);
}

}  // namespace fairlead::conf
