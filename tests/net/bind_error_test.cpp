#include "proxy/net/bind_error.h"

#include <cerrno>

#include "tests/net/sockets.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;

TEST_CASE("a TCP bind error says the cause and the cure", "[net][bind_error]") {
    const auto rendered = [](std::string_view address, int reason,
                             const BindCircumstances& circumstances = {}) {
        return tcp_bind_error(bind_address(address), reason, circumstances).render();
    };

    BindCircumstances circumstances;
    circumstances.port_owner = PortOwner{"nginx", 4711};
    CHECK(rendered(":8080", EADDRINUSE, circumstances) ==
          "error: cannot listen on :8080: port 8080 is in use by nginx (pid 4711)\n"
          "  stop that program, or choose another port\n");
    CHECK(rendered("127.0.0.1:8080", EADDRINUSE) ==
          "error: cannot listen on 127.0.0.1:8080: port 8080 is in use\n"
          "  find the program: ss -ltnp 'sport = :8080' (as root); stop it, or choose another "
          "port\n");
    CHECK(rendered(":80", EACCES) ==
          "error: cannot listen on :80: ports below 1024 need a privilege\n"
          "  one of: AmbientCapabilities=CAP_NET_BIND_SERVICE in the service, setcap "
          "cap_net_bind_service=+ep on the program, or sysctl "
          "net.ipv4.ip_unprivileged_port_start=80\n");
    CHECK(rendered(":8080", EACCES) == "error: cannot listen on :8080: Permission denied\n");

    circumstances.addresses = {"127.0.0.1", "::1", "10.0.0.5"};
    CHECK(rendered("192.0.2.1:80", EADDRNOTAVAIL, circumstances) ==
          "error: cannot listen on 192.0.2.1:80: this machine has no such address\n"
          "  it has 127.0.0.1, ::1, 10.0.0.5; \":80\" takes every address\n");
    CHECK(rendered("192.0.2.1:80", EADDRNOTAVAIL) ==
          "error: cannot listen on 192.0.2.1:80: this machine has no such address\n"
          "  \":80\" takes every address\n");
    CHECK(rendered("[::1]:80", EAFNOSUPPORT) ==
          "error: cannot listen on [::1]:80: this machine has no IPv6\n"
          "  use an IPv4 address, or \":80\" for every address\n");
    CHECK(rendered(":80", EMFILE) ==
          "error: cannot listen on :80: no file descriptors are left\n"
          "  raise the limit: ulimit -n, or LimitNOFILE= of the service\n");
}

TEST_CASE("a unix bind error says the cause and the cure", "[net][bind_error]") {
    const auto rendered = [](int reason, const std::string& path = "/run/x/y.sock") {
        return unix_bind_error(bind_address("unix:" + path), reason).render();
    };
    CHECK(rendered(ENOENT) ==
          "error: cannot listen on unix:/run/x/y.sock: the folder /run/x does not exist\n"
          "  create it: mkdir -p /run/x\n");
    CHECK(rendered(ENOTDIR) ==
          "error: cannot listen on unix:/run/x/y.sock: /run/x is not a folder\n"
          "  choose another path\n");
    CHECK(rendered(EACCES) ==
          "error: cannot listen on unix:/run/x/y.sock: no permission to write in /run/x\n"
          "  run as a user who may, or change the folder's owner\n");
    CHECK(rendered(EACCES, "/y.sock") ==
          "error: cannot listen on unix:/y.sock: no permission to write in /\n"
          "  run as a user who may, or change the folder's owner\n");
    CHECK(rendered(EROFS) ==
          "error: cannot listen on unix:/run/x/y.sock: /run/x is on a read-only file system\n"
          "  choose another path, such as one in /run\n");
    CHECK(rendered(EADDRINUSE) ==
          "error: cannot listen on unix:/run/x/y.sock: another program listens on it\n"
          "  stop that program, or choose another path\n");
    CHECK(rendered(EEXIST) ==
          "error: cannot listen on unix:/run/x/y.sock: a file that is not a socket is there\n"
          "  remove it, or choose another path\n");
    CHECK(rendered(EMFILE) ==
          "error: cannot listen on unix:/run/x/y.sock: no file descriptors are left\n"
          "  raise the limit: ulimit -n, or LimitNOFILE= of the service\n");
    BindAddress too_long;
    too_long.address.unix_path = "/run/" + std::string(115, 'x');
    CHECK(unix_bind_error(too_long, ENAMETOOLONG).render() ==
          "error: cannot listen on unix:" + too_long.address.unix_path +
              ": the path has 120 bytes and the system takes 107\n  choose a shorter path\n");
}
