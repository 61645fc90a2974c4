#include "proxy/runtime/state_file.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>

#include "proxy/base/text.h"
#include "proxy/net/descriptor.h"

namespace fairlead::runtime {
namespace {

namespace fs = std::filesystem;
using net::Descriptor;

constexpr std::string_view kNewFile = ".new-";  // and the writer's process id

std::string folder_of(const std::string& path) {
    const fs::path folder = fs::path{path}.parent_path();
    return folder.empty() ? "." : folder.string();
}

tl::unexpected<Error> cannot(std::string_view deed, const std::string& path, int reason) {
    std::string hint;
    if (reason == EACCES || reason == EPERM) hint = "let the user this runs as read and write it";
    if (reason == EROFS) hint = "choose a place that can be written, as /var/lib/fairlead";
    if (reason == ENOSPC || reason == EDQUOT) hint = "make room on that file system";
    return fail(fmt::format("cannot {} {}: {}", deed, path, std::strerror(reason)),
                std::move(hint));
}

bool is_trusted(uid_t owner, std::optional<uid_t> also) {
    return owner == 0 || owner == ::geteuid() || owner == also;
}

/// Could somebody else have put a file there?
Result<void> check_folder(const std::string& folder, std::optional<uid_t> also) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
        if (errno != ENOENT) return cannot("look at", folder, errno);
        return fail(fmt::format("the state file's folder {} does not exist", folder),
                    fmt::format("mkdir -p {}, owned by the user this runs as; or "
                                "StateDirectory= in the service",
                                folder));
    }
    if (!S_ISDIR(status.st_mode)) {
        return fail(fmt::format("{} is not a folder", folder), "choose another state_file");
    }
    if (!is_trusted(status.st_uid, also)) {
        return fail(fmt::format("the state file's folder {} belongs to another user (uid {})",
                                folder, status.st_uid),
                    fmt::format("chown it to the user this runs as (uid {})", ::geteuid()));
    }
    const bool is_open = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    if (is_open && (status.st_mode & S_ISVTX) == 0) {
        return fail(fmt::format("others can write in the state file's folder {}", folder),
                    fmt::format("chmod go-w {}", folder));
    }
    return {};
}

Result<void> check_file(const std::string& path, const struct stat& status,
                        std::optional<uid_t> also) {
    if (!S_ISREG(status.st_mode)) {
        return fail(fmt::format("the state file {} is not a file", path),
                    "choose another state_file");
    }
    if (!is_trusted(status.st_uid, also)) {
        return fail(
            fmt::format("the state file {} belongs to another user (uid {})", path, status.st_uid),
            fmt::format("chown it to the user this runs as (uid {}), or remove it", ::geteuid()));
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return fail(fmt::format("others can write the state file {}", path),
                    fmt::format("look whether its content is right, then chmod 600 {}", path));
    }
    return {};
}

/// What writers that were killed left. One that lives is at work on its own.
void remove_leftovers(const std::string& path) {
    const std::string start = fs::path{path}.filename().string() + std::string{kNewFile};
    std::error_code error;
    fs::directory_iterator entry{folder_of(path), error};
    for (; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with(start)) continue;
        const auto pid = parse_number(std::string_view{name}.substr(start.size()));
        const bool is_alive = pid && *pid > 0 && *pid <= 0x7FFFFFFF &&
                              (::kill(static_cast<pid_t>(*pid), 0) == 0 || errno == EPERM);
        if (!is_alive) ::unlink(entry->path().c_str());
    }
}

Result<std::string> read_all(int fd, const std::string& path) {
    std::string text;
    std::string piece(64 * 1024, '\0');
    while (text.size() <= kStateBytesMax) {
        const ssize_t got = ::read(fd, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot("read the state file", path, errno);
        if (got == 0) break;
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return text;
}

LoadedState set_aside(const std::string& path, const std::string& why) {
    const std::time_t now = std::time(nullptr);
    const std::string aside = fmt::format("{}.damaged-{:%Y%m%dT%H%M%SZ}", path, fmt::gmtime(now));
    LoadedState loaded;
    loaded.warning = fmt::format("the state file {} is not usable: {}; ", path, why);
    loaded.warning += ::rename(path.c_str(), aside.c_str()) == 0
                          ? fmt::format("it is {} now, and nothing is known from before", aside)
                          : "nothing is known from before, and it will be overwritten";
    return loaded;
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::write(fd, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

}  // namespace

Result<LoadedState> load_state(const std::string& path, std::optional<uid_t> also_trusted) {
    if (Result<void> folder = check_folder(folder_of(path), also_trusted); !folder) {
        return fail(std::move(folder).error());
    }
    remove_leftovers(path);
    // Not through a link, and without waiting for the writer of a pipe.
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!file.is_open()) {
        if (errno == ENOENT) return LoadedState{};
        if (errno == ELOOP) {
            return fail(fmt::format("the state file {} is a symbolic link", path),
                        "name the file itself in state_file");
        }
        return cannot("read the state file", path, errno);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return cannot("look at", path, errno);
    if (Result<void> checked = check_file(path, status, also_trusted); !checked) {
        return fail(std::move(checked).error());
    }
    Result<std::string> text = read_all(file.get(), path);
    if (!text) return fail(std::move(text).error());
    Result<SavedState> state = parse_state(*text);
    if (!state) return set_aside(path, state.error().message);
    return LoadedState{std::move(*state), {}};
}

Result<void> write_state(const std::string& path, std::string_view text) {
    if (text.size() > kStateBytesMax) {
        return fail(fmt::format("cannot write the state file {}: more than 16 MiB", path));
    }
    // The name is this process's own: at a takeover two may write at once. What has that name was
    // left by a process of the same id.
    const std::string next = fmt::format("{}{}{}", path, kNewFile, ::getpid());
    ::unlink(next.c_str());
    Descriptor file{::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!file.is_open()) return cannot("make the file", next, errno);
    if (!write_all(file.get(), text) || ::fsync(file.get()) != 0 ||
        ::rename(next.c_str(), path.c_str()) != 0) {
        const int reason = errno;
        ::unlink(next.c_str());
        return cannot("write the state file", path, reason);
    }
    // Without this the name may still lead to the old file after a loss of power.
    const Descriptor folder{::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.is_open()) ::fsync(folder.get());
    return {};
}

}  // namespace fairlead::runtime
