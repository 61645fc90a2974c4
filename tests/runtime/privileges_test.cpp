// Needs root; as another user only what that user can do is tried. Every change of user happens in
// a child process.
#include "proxy/runtime/privileges.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "tests/bench/temporary_folder.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::runtime;

namespace {

/// Runs it in a child process. @return what it returned, as the exit code; 255: it was killed
template <class Function>
int in_child(Function function) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(function());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

bool can_bind(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0;
    ::close(fd);
    return bound;
}

bool is_root() { return ::geteuid() == 0; }

Account nobody() {
    const Result<Account> account = find_account("nobody");
    REQUIRE(account);
    return *account;
}

UserNeed need(UserNeed::Kind kind, const std::string& path) {
    UserNeed made;
    made.kind = kind;
    made.path = path;
    made.what = "the thing";
    return made;
}

}  // namespace

TEST_CASE("a user is found by name and by number, with its groups", "[runtime][user]") {
    const Result<Account> root = find_account("root");
    REQUIRE(root);
    CHECK(root->uid == 0);
    CHECK(root->name == "root");
    CHECK(std::find(root->groups.begin(), root->groups.end(), root->gid) != root->groups.end());
    const Result<Account> same = find_account("0");
    REQUIRE(same);
    CHECK(same->name == "root");
}

TEST_CASE("a user that does not exist is an error that says how to make it", "[runtime][user]") {
    const Result<Account> account = find_account("fairlead-none");
    REQUIRE_FALSE(account);
    CHECK(account.error().render() ==
          "error: there is no user \"fairlead-none\"\n"
          "  useradd --system --no-create-home --shell /usr/sbin/nologin fairlead-none\n");
}

TEST_CASE("root becomes the user for good and keeps only the right to bind low ports",
          "[runtime][user]") {
    if (!is_root()) return;
    const Account account = nobody();
    const int failed_at = in_child([&] {
        if (!become(account)) return 1;
        if (::getuid() != account.uid || ::geteuid() != account.uid) return 2;
        if (::getgid() != account.gid || ::getegid() != account.gid) return 3;
        std::vector<gid_t> groups(64);
        const int count = ::getgroups(64, groups.data());
        if (count < 0) return 4;
        groups.resize(static_cast<std::size_t>(count));
        if (std::find(groups.begin(), groups.end(), 0u) != groups.end()) return 5;
        if (::setuid(0) == 0 || ::seteuid(0) == 0) return 6;
        if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 7;
        if (::open("/etc/shadow", O_RDONLY | O_CLOEXEC) >= 0) return 8;  // DAC_OVERRIDE is gone
        if (::chown("/tmp", 0, 0) == 0) return 9;
        if (std::filesystem::directory_iterator{"/proc/self/fd"} ==
            std::filesystem::directory_iterator{}) {
            return 10;
        }
        // The permitted and effective set hold one capability, in this and in later threads.
        std::string status;
        std::thread later{[&] {
            std::ifstream in{"/proc/thread-self/status"};
            status.assign(std::istreambuf_iterator<char>{in}, {});
        }};
        later.join();
        if (status.find("CapEff:\t0000000000000400\n") == std::string::npos) return 11;
        if (status.find("CapPrm:\t0000000000000400\n") == std::string::npos) return 12;
        if (status.find("CapInh:\t0000000000000000\n") == std::string::npos) return 13;
        if (status.find("CapAmb:\t0000000000000000\n") == std::string::npos) return 14;
        return can_bind(723) ? 0 : 15;
    });
    CHECK(failed_at == 0);
}

TEST_CASE("becoming who one is already needs no privilege and gives up the rest",
          "[runtime][user]") {
    if (!is_root()) return;
    const Account account = nobody();
    CHECK(in_child([&] {
              if (!become(account)) return 1;
              if (!become(account)) return 2;
              return ::getuid() == account.uid ? 0 : 3;
          }) == 0);
}

TEST_CASE("who is neither root nor the user is told what to do", "[runtime][user]") {
    if (!is_root()) return;
    const Account account = nobody();
    Account other = account;
    other.name = "other";
    other.uid = 12345;
    CHECK(in_child([&] {
              if (!become(account)) return 1;
              const Result<void> became = become(other);
              if (became) return 2;
              return became.error().message ==
                                 "cannot become user other: setgroups: Operation not permitted" &&
                             became.error().hint.find("[process] user") != std::string::npos
                         ? 0
                         : 3;
          }) == 0);
}

TEST_CASE("with other threads nobody becomes another user", "[runtime][user]") {
    if (!is_root()) return;
    const Account account = nobody();
    CHECK(in_child([&] {
              std::mutex mutex;
              std::unique_lock held{mutex};
              std::thread other{[&] { const std::lock_guard wait{mutex}; }};
              const Result<void> became = become(account);
              held.unlock();
              other.join();
              if (became) return 1;
              return became.error().message ==
                             "cannot become user nobody: other threads run already"
                         ? 0
                         : 2;
          }) == 0);
}

TEST_CASE("what the user cannot do is found out in advance, with the cure", "[runtime][user]") {
    if (!is_root()) return;
    const Account account = nobody();
    bench::TemporaryFolder folder;  // root's, closed to others
    const std::string open_file = "/etc/passwd";
    const std::string closed = folder.file("secret.pem");
    std::ofstream{closed} << "key";
    const std::string missing = "/tmp/fairlead-none/state.json";
    UserNeed low_port = need(UserNeed::Kind::Bind, "");
    low_port.address = *BindAddress::parse("127.0.0.1:724");
    UserNeed local = need(UserNeed::Kind::Bind, "");
    local.address = *BindAddress::parse("unix:" + folder.file("x.sock"));
    const auto found = check_as_user(
        account, {need(UserNeed::Kind::Read, open_file), need(UserNeed::Kind::Read, closed),
                  need(UserNeed::Kind::WriteFolder, "/tmp/state.json"),
                  need(UserNeed::Kind::WriteFolder, folder.file("state.json")),
                  need(UserNeed::Kind::WriteFolder, missing), low_port, local});
    REQUIRE(found);
    const std::string path = folder.path().string();
    CHECK(render(*found) ==
          "error: user nobody cannot read the thing (" + closed + "): Permission denied\n  chgrp " +
              std::to_string(account.gid) + " " + closed +
              " and chmod g+r, and let the user into each folder on the way\n"
              "error: user nobody cannot write in " +
              path + " for the thing: Permission denied\n  chown nobody " + path +
              "\n"
              "error: user nobody cannot write in /tmp/fairlead-none for the thing: No such file "
              "or directory\n  install -d -o nobody /tmp/fairlead-none\n"
              "error: user nobody cannot write in " +
              path + " for the thing: Permission denied\n  chown nobody " + path + "\n");
    CHECK(::geteuid() == 0);  // the process itself is who it was
}

TEST_CASE("without the right to bind low ports that is found out too", "[runtime][user]") {
    if (!is_root()) return;
    unsigned first_free = 0;
    std::ifstream{"/proc/sys/net/ipv4/ip_unprivileged_port_start"} >> first_free;
    if (first_free <= 725) return;
    const Account account = nobody();
    CHECK(in_child([&] {
              ::prctl(PR_CAPBSET_DROP, 10, 0, 0, 0);
              // As a user without capabilities: nothing is kept that was not there.
              if (::setgid(account.gid) != 0 || ::setuid(account.uid) != 0) return 1;
              UserNeed low_port = need(UserNeed::Kind::Bind, "");
              low_port.address = *BindAddress::parse("127.0.0.1:724");
              const auto found = check_as_user(account, {low_port});
              if (!found || found->size() != 1) return 2;
              return (*found)[0].message ==
                             "user nobody cannot listen on 127.0.0.1:724 for the thing after a "
                             "reload: Permission denied"
                         ? 0
                         : 3;
          }) == 0);
}

TEST_CASE("as a third user it cannot be checked, and that is said", "[runtime][user]") {
    if (!is_root()) return;
    const Account account = nobody();
    CHECK(in_child([&] {
              if (!become(account)) return 1;
              const auto found = check_as_user(*find_account("root"), {});
              if (found) return 2;
              return found.error().hint == "run this check as root" ? 0 : 3;
          }) == 0);
}
