#include "proxy/control/token_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/base/text.h"
#include "proxy/telemetry/log.h"

namespace fairlead::control {
namespace {

constexpr std::size_t kTokenBytesMax = 4096;

struct OpenFile {
    explicit OpenFile(int descriptor) : fd(descriptor) {}
    ~OpenFile() {
        if (fd >= 0) ::close(fd);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    const int fd;
};

tl::unexpected<Error> refuse(const std::string& path, std::string_view what, std::string hint) {
    return fail(fmt::format("the token file {} {}", path, what), std::move(hint));
}

/// One byte more than may be there, so that a file that is too long is noticed.
std::optional<std::string> read_some(int fd) {
    std::string bytes(kTokenBytesMax + 1, '\0');
    std::size_t length = 0;
    while (length < bytes.size()) {
        const ssize_t got = ::read(fd, bytes.data() + length, bytes.size() - length);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) break;
        length += static_cast<std::size_t>(got);
    }
    bytes.resize(length);
    return bytes;
}

std::string_view without_line_end(std::string_view text) {
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    return trim(text);
}

}  // namespace

Result<std::string> read_token(const std::string& path) {
    // Without waiting: a pipe without a writer would stop everything.
    const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.fd < 0) {
        const int reason = errno;
        return refuse(path, fmt::format("cannot be opened: {}", std::strerror(reason)),
                      reason == ENOENT
                          ? fmt::format("make one: (umask 077; openssl rand -hex 32 > {})", path)
                          : "it must be readable by the user the balancer runs as");
    }
    struct stat about {};
    if (::fstat(file.fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        return refuse(path, "is no regular file", "name a file that holds nothing but the token");
    }
    if ((about.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        return refuse(path, "is open to every user of this machine",
                      fmt::format("chmod 600 {}", path));
    }
    const std::optional<std::string> bytes = read_some(file.fd);
    if (!bytes) {
        return refuse(path, fmt::format("cannot be read: {}", std::strerror(errno)), {});
    }
    if (bytes->size() > kTokenBytesMax) {
        return refuse(path, "is longer than 4 KiB", "it holds one token, on one line");
    }
    const std::string_view token = without_line_end(*bytes);
    if (token.empty()) {
        return refuse(path, "is empty",
                      fmt::format("write a token: (umask 077; openssl rand -hex 32 > {})", path));
    }
    const bool is_visible =
        std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7F; });
    if (!is_visible) {
        return refuse(path, "holds something that cannot be sent as a token",
                      "one line of visible ASCII characters, without spaces");
    }
    return std::string(token);
}

std::optional<std::string_view> TokenFile::token() {
    if (path_.empty()) return std::nullopt;
    Result<std::string> read = read_token(path_);
    if (!read) {
        const Error& error = read.error();
        if (error.message != complaint_) {
            telemetry::log::error("admin endpoint: {}; nobody can change anything over HTTP{}{}",
                                  error.message, error.hint.empty() ? "" : ": ", error.hint);
        }
        complaint_ = error.message;
        return std::nullopt;
    }
    complaint_.clear();
    token_ = std::move(*read);
    return token_;
}

}  // namespace fairlead::control
