// A child becomes the user and tries; what it finds comes back through a pipe, one line of
// `index errno` for each need that is not met.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "proxy/base/clock.h"
#include "proxy/base/text.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/listener.h"
#include "proxy/runtime/privileges.h"

namespace fairlead::runtime {
namespace {

constexpr Duration kLimit = std::chrono::seconds{10};  // a network file system may hang

std::string folder_of(const std::string& path) {
    const std::filesystem::path folder = std::filesystem::path{path}.parent_path();
    return folder.empty() ? "." : folder.string();
}

int try_read(const std::string& path) {
    const net::Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    return file.is_open() ? 0 : errno;
}

int try_folder(const std::string& folder) {
    return ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/// @return 0, or the errno of this process as it is now
int try_need(const UserNeed& need) {
    switch (need.kind) {
        case UserNeed::Kind::Read:
            return try_read(need.path);
        case UserNeed::Kind::WriteFolder:
            return try_folder(folder_of(need.path));
        case UserNeed::Kind::Bind:
            break;
    }
    const SocketAddress& address = need.address.address;
    if (address.is_unix()) return try_folder(folder_of(address.unix_path));
    const int reason = net::try_bind(need.address);
    return reason == EACCES || reason == EPERM ? reason : 0;
}

Error describe(const Account& account, const UserNeed& need, int reason) {
    Error error;
    error.where = need.where;
    const char* why = std::strerror(reason);
    const std::string& user = account.name;
    if (need.kind == UserNeed::Kind::Read) {
        error.message =
            fmt::format("user {} cannot read {} ({}): {}", user, need.what, need.path, why);
        error.hint = reason == EACCES ? fmt::format(
                                            "chgrp {} {} and chmod g+r, and let the user into each "
                                            "folder on the way",
                                            account.gid, need.path)
                                      : "mend the path";
    } else if (need.kind == UserNeed::Kind::WriteFolder || need.address.address.is_unix()) {
        const std::string folder = folder_of(
            need.kind == UserNeed::Kind::WriteFolder ? need.path : need.address.address.unix_path);
        error.message =
            fmt::format("user {} cannot write in {} for {}: {}", user, folder, need.what, why);
        error.hint = reason == ENOENT ? fmt::format("install -d -o {} {}", user, folder)
                                      : fmt::format("chown {} {}", user, folder);
    } else {
        error.message = fmt::format("user {} cannot listen on {} for {} after a reload: {}", user,
                                    need.address.text(), need.what, why);
        error.hint =
            "give the process CAP_NET_BIND_SERVICE, or lower "
            "net.ipv4.ip_unprivileged_port_start";
    }
    return error;
}

[[noreturn]] void run_child(const Account& account, const std::vector<UserNeed>& needs, int out) {
    std::string found;
    if (const Result<void> became = become(account); !became) {
        found = "x " + became.error().message;
    } else {
        for (std::size_t i = 0; i < needs.size(); ++i) {
            const int reason = try_need(needs[i]);
            if (reason != 0) found += fmt::format("{} {}\n", i, reason);
        }
        found += "end\n";
    }
    for (std::string_view rest = found; !rest.empty();) {
        const ssize_t put = ::write(out, rest.data(), rest.size());
        if (put <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(put));
    }
    ::_exit(0);
}

/// Until the child closes it, at most so long.
std::string read_until_end(int in) {
    const Time end = SystemClock{}.now() + kLimit;
    std::string text;
    char bytes[4096];
    while (true) {
        const Duration left = end - SystemClock{}.now();
        pollfd wait{in, POLLIN, 0};
        if (left <= Duration::zero()) return text;
        const int ready = ::poll(&wait, 1, static_cast<int>(milliseconds(left)) + 1);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return text;
        const ssize_t got = ::read(in, bytes, sizeof(bytes));
        if (got <= 0) return text;
        text.append(bytes, static_cast<std::size_t>(got));
    }
}

}  // namespace

Result<std::vector<Error>> check_as_user(const Account& account,
                                         const std::vector<UserNeed>& needs) {
    if (::geteuid() != 0 && ::geteuid() != account.uid) {
        return fail(
            fmt::format("what user {} may do cannot be checked as another user", account.name),
            "run this check as root");
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail("cannot make a pipe");
    net::Descriptor in{ends[0]};
    net::Descriptor out{ends[1]};
    const pid_t child = ::fork();
    if (child < 0) return fail("cannot start a process to check as another user");
    if (child == 0) run_child(account, needs, out.get());
    out.close();
    std::string text = read_until_end(in.get());
    ::kill(child, SIGKILL);  // has ended, or hangs
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }

    if (text.starts_with("x ")) return fail(text.substr(2));
    if (!text.ends_with("end\n")) {
        return fail(fmt::format("the check as user {} did not end within {} s", account.name,
                                std::chrono::duration_cast<std::chrono::seconds>(kLimit).count()));
    }
    std::vector<Error> errors;
    for (const std::string_view line : split_list(text, '\n')) {
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos) break;  // the end
        const auto index = parse_number(line.substr(0, space));
        const auto reason = parse_number(line.substr(space + 1));
        if (!index || !reason || *index >= needs.size()) break;
        errors.push_back(describe(account, needs[*index], static_cast<int>(*reason)));
    }
    return errors;
}

}  // namespace fairlead::runtime
