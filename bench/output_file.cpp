#include "bench/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "proxy/base/text.h"

namespace fairlead::bench {

namespace {

std::string cure(const std::string& path, int code) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    switch (code) {
        case ENOSPC:
        case EDQUOT:
            return "free some space, or name a file on another disk";
        case EFBIG:
            return "raise the limit of file sizes (ulimit -f)";
        case ENOENT:
            if (path.empty()) return "name a file";
            return folder.empty()
                       ? "see whether it is a link that leads nowhere"
                       : fmt::format("make its folder first: mkdir -p {}", folder.string());
        case EACCES:
        case EPERM:
            return "name a file in a folder that you may write to";
        case EROFS:
            return "name a file on a disk that may be written to";
        case EISDIR:
            return "name a file in it";
        case ENOTDIR:
            return fmt::format("{} is not a folder", folder.string());
        default:
            return {};
    }
}

Error about(const std::string& path, std::string message, std::string hint) {
    return Error{std::move(message), std::move(hint), Location{path, 0, 0, 0, {}}};
}

tl::unexpected<Error> cannot_write(const std::string& path, int code) {
    return fail(about(path, fmt::format("cannot write: {}", std::generic_category().message(code)),
                      cure(path, code)));
}

tl::unexpected<Error> cannot_read(const std::string& path, int code) {
    return fail(about(path, fmt::format("cannot read: {}", std::generic_category().message(code)),
                      code == ENOENT ? "see whether the name is right" : ""));
}

/// Owns a descriptor.
class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int get() const { return fd_; }
    /// Network file systems report a full disk only here.
    /// @return 0 or errno
    int close() {
        const int closed = ::close(fd_);
        fd_ = -1;
        return closed == 0 ? 0 : errno;
    }

  private:
    int fd_;
};

/// @return 0 or errno
int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

/// The descriptor a name such as /dev/stdout stands for. It is used as it is: opened anew, a file
/// that standard output was redirected to would be written over from its beginning.
std::optional<int> own_descriptor(std::string_view path) {
    if (path == "/dev/stdout") return STDOUT_FILENO;
    if (path == "/dev/stderr") return STDERR_FILENO;
    for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
        if (!path.starts_with(folder)) continue;
        const auto number = parse_number(path.substr(folder.size()));
        if (number && *number < 1'000'000) return static_cast<int>(*number);
    }
    return std::nullopt;
}

Result<void> write_directly(const std::string& path, std::string_view text) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (file.get() < 0) return cannot_write(path, errno);
    if (const int code = write_all(file.get(), text); code != 0) return cannot_write(path, code);
    return {};
}

/// Where links lead; `path` itself when nothing is there yet.
std::string real_path(const std::string& path) {
    std::error_code error;
    const std::filesystem::path real = std::filesystem::canonical(path, error);
    return error ? path : real.string();
}

/// Whether we, as who we act, may do that. @return 0 or errno
int refusal(const std::string& path, int mode) {
    return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
}

/// A new file in the folder of `path`. The name is short and does not build on that of `path`,
/// which may already be as long as a name can be.
std::string temporary_beside(const std::string& path) {
    static std::atomic<unsigned> made{0};
    const std::string name = fmt::format(".fairlead-bench-{}-{}.tmp", ::getpid(), made++);
    return (std::filesystem::path(path).parent_path() / name).string();
}

/// Everything up to the rename. @return 0 or errno
int fill(const std::string& temporary, std::string_view text, std::optional<mode_t> mode) {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.get() < 0) return errno;
    if (mode && ::fchmod(file.get(), *mode) != 0) return errno;
    if (const int code = write_all(file.get(), text); code != 0) return code;
    // Before the rename, or a crash may leave the new name with an empty file.
    if (::fsync(file.get()) != 0) return errno;
    return file.close();
}

Result<void> replace(const std::string& path, std::string_view text, std::optional<mode_t> mode) {
    const std::string temporary = temporary_beside(path);
    int code = fill(temporary, text, mode);
    if (code == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) code = errno;
    if (code == 0) return {};
    // With EEXIST the file is somebody else's.
    if (code != EEXIST) ::unlink(temporary.c_str());
    return cannot_write(path, code);
}

}  // namespace

Result<void> write_file(const std::string& path, std::string_view text) {
    if (auto able = check_writable(path); !able) return able;
    if (const std::optional<int> own = own_descriptor(path)) {
        std::fflush(nullptr);  // what was printed before comes before
        if (const int code = write_all(*own, text); code != 0) return cannot_write(path, code);
        return {};
    }
    struct stat existing {};
    if (::stat(path.c_str(), &existing) != 0) return replace(path, text, std::nullopt);
    if (!S_ISREG(existing.st_mode)) return write_directly(path, text);
    return replace(real_path(path), text, existing.st_mode & 07777);
}

Result<void> check_writable(const std::string& path) {
    if (path.empty()) return cannot_write(path, ENOENT);
    if (own_descriptor(path)) return {};
    struct stat existing {};
    if (::stat(path.c_str(), &existing) == 0) {
        if (S_ISDIR(existing.st_mode)) return cannot_write(path, EISDIR);
        // Renaming needs no permission of the file it replaces; a file made read-only says no.
        if (const int code = refusal(path, W_OK); code != 0) return cannot_write(path, code);
        if (!S_ISREG(existing.st_mode)) return {};
    } else {
        if (errno != ENOENT) return cannot_write(path, errno);
        if (path.ends_with('/')) return cannot_write(path, EISDIR);
        // A link that leads nowhere would be replaced, not followed.
        if (::lstat(path.c_str(), &existing) == 0) {
            return fail(about(path, "cannot write: it is a link that leads nowhere",
                              "remove the link, or make what it leads to"));
        }
    }
    const std::string folder = std::filesystem::path(real_path(path)).parent_path().string();
    const int code = refusal(folder.empty() ? "." : folder, W_OK | X_OK);
    return code == 0 ? Result<void>() : cannot_write(path, code);
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (file.get() < 0) return cannot_read(path, errno);
    std::string text;
    std::array<char, 65536> piece;
    while (true) {
        const ssize_t got = ::read(file.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot_read(path, errno);
        if (got == 0) return text;
        if (text.size() + static_cast<std::size_t>(got) > bytes_max) {
            return fail(about(path, fmt::format("longer than {} MB", bytes_max / 1'000'000),
                              "see whether it is the right file"));
        }
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace fairlead::bench
