#include "proxy/runtime/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "proxy/base/text.h"

namespace fairlead::runtime {
namespace {

constexpr std::size_t kGroupsMax = 65'536;  // the kernel's bound

/// Calls a lookup of the C library that wants a buffer, with a larger one as long as it asks.
template <class Lookup>
int with_buffer(Lookup lookup) {
    std::vector<char> buffer(4096);
    while (true) {
        const int status = lookup(buffer);
        if (status != ERANGE || buffer.size() >= (1u << 20)) return status;
        buffer.resize(buffer.size() * 4);
    }
}

tl::unexpected<Error> cannot_become(const Account& account, const char* step) {
    return fail(
        fmt::format("cannot become user {}: {}: {}", account.name, step, std::strerror(errno)),
        "start as root with CAP_SETUID and CAP_SETGID, or leave out [process] user and let "
        "the service manager choose the user");
}

/// Of the calling thread.
struct Capabilities {
    std::array<__user_cap_data_struct, 2> data{};

    bool get() {
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        return ::syscall(SYS_capget, &header, data.data()) == 0;
    }
    bool set() {
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        return ::syscall(SYS_capset, &header, data.data()) == 0;
    }
};

/// Keeps at most CAP_NET_BIND_SERVICE.
bool keep_binding_only() {
    Capabilities now;
    if (!now.get()) return false;
    constexpr std::uint32_t kBind = 1u << CAP_NET_BIND_SERVICE;  // in the first of the two words
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    // Nothing to give up: then no call either, which a service manager's filter may forbid.
    if ((now.data[0].permitted & ~kBind) == 0 && now.data[1].permitted == 0) return true;
    Capabilities next;
    next.data[0].permitted = next.data[0].effective = now.data[0].permitted & kBind;
    return next.set();
}

bool has_other_threads() {
    std::error_code error;
    std::size_t threads = 0;
    for (std::filesystem::directory_iterator entry{"/proc/self/task", error};
         !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
        ++threads;
    }
    return threads > 1;  // without /proc nobody can tell
}

bool is_user_already(const Account& account) {
    uid_t real = 0;
    uid_t effective = 0;
    uid_t saved = 0;
    ::getresuid(&real, &effective, &saved);
    return real == account.uid && effective == account.uid && saved == account.uid;
}

}  // namespace

Result<Account> find_account(const std::string& name) {
    passwd entry{};
    passwd* found = nullptr;
    Account account;
    const int status = with_buffer([&](std::vector<char>& buffer) {
        const std::optional<std::uint64_t> number = parse_number(name);
        const int result =
            number && *number < 0xFFFFFFFF
                ? ::getpwuid_r(static_cast<uid_t>(*number), &entry, buffer.data(), buffer.size(),
                               &found)
                : ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (result == 0 && found != nullptr) {
            account = {entry.pw_name, entry.pw_uid, entry.pw_gid, {}};
        }
        return result;
    });
    if (found == nullptr) {
        if (status != 0 && status != ENOENT) {
            return fail(
                fmt::format("cannot look up the user \"{}\": {}", name, std::strerror(status)));
        }
        return fail(
            fmt::format("there is no user \"{}\"", name),
            fmt::format("useradd --system --no-create-home --shell /usr/sbin/nologin {}", name));
    }
    int count = 64;
    account.groups.resize(64);
    while (::getgrouplist(account.name.c_str(), account.gid, account.groups.data(), &count) < 0) {
        if (account.groups.size() >= kGroupsMax) break;
        account.groups.resize(account.groups.size() * 2);
        count = static_cast<int>(account.groups.size());
    }
    account.groups.resize(static_cast<std::size_t>(count));
    return account;
}

Result<void> become(const Account& account) {
    if (has_other_threads()) {
        return fail(fmt::format("cannot become user {}: other threads run already", account.name));
    }
    if (!is_user_already(account)) {
        // Otherwise every capability goes with the user id.
        if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return cannot_become(account, "keepcaps");
        // As initgroups does, with the groups that were looked up before.
        if (::setgroups(account.groups.size(), account.groups.data()) != 0) {
            return cannot_become(account, "setgroups");
        }
        if (::setresgid(account.gid, account.gid, account.gid) != 0) {
            return cannot_become(account, "setgid");
        }
        if (::setresuid(account.uid, account.uid, account.uid) != 0) {
            return cannot_become(account, "setuid");
        }
        ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
        // The kernel takes /proc/self away from a process that changed its user; the metrics of
        // descriptors and memory read it.
        ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    }
    if (account.uid != 0 && !keep_binding_only()) return cannot_become(account, "capset");
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return cannot_become(account, "prctl");
    // A way back would make all of it worth nothing.
    if (account.uid != 0 && (::setuid(0) == 0 || ::geteuid() != account.uid)) {
        errno = EPERM;
        return cannot_become(account, "root is still within reach");
    }
    return {};
}

}  // namespace fairlead::runtime
