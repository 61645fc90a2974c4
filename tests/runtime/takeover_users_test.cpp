// Who may take over from whom. Needs root, for a second user; that one lives in a child process.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/runtime/takeover_ends.h"

using namespace fairlead;
using namespace fairlead::runtime;
using namespace fairlead::runtime::test;

namespace {

constexpr uid_t kOther = 65534;

/// A child process of the other user, killed at the end.
class OtherUser {
  public:
    template <class Function>
    explicit OtherUser(Function function) : pid_(::fork()) {
        if (pid_ != 0) return;
        if (::setgid(kOther) == 0 && ::setuid(kOther) == 0) function();
        ::_exit(0);
    }
    ~OtherUser() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    OtherUser(const OtherUser&) = delete;
    OtherUser& operator=(const OtherUser&) = delete;

  private:
    pid_t pid_;
};

}  // namespace

TEST_CASE("another user gets no sockets", "[runtime][takeover]") {
    if (::geteuid() != 0) return;
    ControlSocket control;
    ::chmod(control.path().substr(0, control.path().rfind('/')).c_str(), 0755);
    ::chmod(control.path().c_str(), 0777);
    const OtherUser other{[&] {
        const auto connection = connect_to_control(control.path(), Time::max());
        if (!connection) return;
        say(*connection, takeover_request());
        ::pause();
    }};
    net::Descriptor connection = control.accept();
    REQUIRE(connection.is_open());
    net::Loop loop;
    OldProcess old;
    const auto server = TakeoverServer::make(loop, std::move(connection), "", old);
    REQUIRE_FALSE(server);
    CHECK(server.error().message == "uid 65534 may not take over the sockets of uid 0");
    CHECK(server.error().hint == "start the new process as the same user or as root");
}

TEST_CASE("another user's process is not believed, unless it is the one to become",
          "[runtime][takeover]") {
    if (::geteuid() != 0) return;
    net::test::TemporaryFolder folder;
    const std::string path = folder.file("admin.sock");
    REQUIRE(::chown(folder.path().c_str(), kOther, kOther) == 0);
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const OtherUser other{[&] {
        const net::SocketSet set = bound("unix:" + path);
        (void)!::write(ready[1], "x", 1);
        while (true) {
            pollfd wait{set.descriptor(0), POLLIN, 0};
            ::poll(&wait, 1, -1);
            const net::Descriptor connection{
                ::accept4(set.descriptor(0), nullptr, nullptr, SOCK_CLOEXEC)};
        }
    }};
    ::close(ready[1]);
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    const auto distrusted = TakeoverClient::begin(path, std::nullopt);
    REQUIRE_FALSE(distrusted);
    CHECK(distrusted.error().message ==
          "the process at " + path + " is of another user (uid 65534): not believed");
    const auto trusted = TakeoverClient::begin(path, kOther);
    REQUIRE_FALSE(trusted);  // that process answers nothing
    CHECK(trusted.error().message.find("not believed") == std::string::npos);
    ::close(ready[0]);
}
