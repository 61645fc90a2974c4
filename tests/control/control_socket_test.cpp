#include "proxy/control/control_socket.h"

#include <sys/stat.h>

#include <filesystem>

#include "tests/net/sockets.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::control;

namespace {

mode_t mode_of(const std::string& path) {
    struct stat about {};
    REQUIRE(::lstat(path.c_str(), &about) == 0);
    return about.st_mode & 07777;
}

}  // namespace

TEST_CASE("the default control socket is where a service manager or the user's session says",
          "[control][socket]") {
    CHECK(default_control_socket({"/run/lb", "/run/user/7", 7}) == "/run/lb/admin.sock");
    CHECK(default_control_socket({"/run/lb:/run/other", "", 0}) == "/run/lb/admin.sock");
    CHECK(default_control_socket({"", "/run/user/0", 0}) == "/run/fairlead/admin.sock");
    CHECK(default_control_socket({"", "/run/user/7", 7}) == "/run/user/7/fairlead/admin.sock");
    CHECK(default_control_socket({"", "", 7}) == "");
    CHECK(default_control_socket({"relative", "also/relative", 7}) == "");
}

TEST_CASE("only its owner can open the control socket", "[control][socket]") {
    net::test::TemporaryFolder folder;
    const std::string inner = folder.path() + "/fairlead";
    CHECK(make_socket_folder(inner + "/admin.sock").value());
    CHECK_FALSE(make_socket_folder(inner + "/admin.sock").value());  // it is there
    {
        const auto socket = bind_control_socket(inner + "/admin.sock");
        REQUIRE(socket);
        CHECK(mode_of(inner + "/admin.sock") == 0600);
        CHECK(mode_of(inner) == 0700);
        CHECK_FALSE(bind_control_socket(inner + "/admin.sock"));  // it is alive
    }
    CHECK_FALSE(std::filesystem::exists(inner + "/admin.sock"));
    std::filesystem::remove(inner);
    CHECK_FALSE(bind_control_socket(inner + "/admin.sock"));
    CHECK_FALSE(make_socket_folder(inner + "/below/admin.sock"));
}
