#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <thread>

#include "proxy/net/listener.h"
#include "tests/net/sockets.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;

namespace {

bool has_v6() {
    const Plain probe{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    return probe.is_open() && static_cast<bool>(SocketSet::bind(bind_address("[::1]:0"), 1));
}

SocketAddress at(std::string_view ip, std::uint16_t port) {
    return SocketAddress{*IpAddress::parse(ip), port, {}};
}

bool exists(const std::string& path) {
    struct stat ignored {};
    return ::lstat(path.c_str(), &ignored) == 0;
}

/// The error of a bind that must fail.
std::string bind_failure(std::string_view address, unsigned workers = 1) {
    Result<SocketSet> set = SocketSet::bind(bind_address(address), workers);
    REQUIRE_FALSE(set);
    return set.error().render();
}

std::string own_name() {
    std::string name;
    std::ifstream file{"/proc/self/comm"};
    std::getline(file, name);
    return name;
}

}  // namespace

TEST_CASE("port 0 becomes the real port, the same for every worker", "[net][socket_set]") {
    const auto set = SocketSet::bind(bind_address("127.0.0.1:0"), 3);
    REQUIRE(set);
    const std::uint16_t port = set->address().address.port;
    CHECK(port != 0);
    CHECK(set->address().text() == "127.0.0.1:" + std::to_string(port));
    for (unsigned worker = 0; worker < 3; ++worker) {
        sockaddr_in bound{};
        socklen_t length = sizeof(bound);
        ::getsockname(set->descriptor(worker), reinterpret_cast<sockaddr*>(&bound), &length);
        CHECK(ntohs(bound.sin_port) == port);
        for (unsigned other = 0; other < worker; ++other) {
            CHECK(set->descriptor(worker) != set->descriptor(other));
        }
    }
}

TEST_CASE("\":port\" takes IPv4 and IPv6 clients", "[net][socket_set]") {
    const auto set = SocketSet::bind(bind_address(":0"), 2);
    REQUIRE(set);
    CHECK(set->address().any);
    const std::uint16_t port = set->address().address.port;
    CHECK(set->address().text() == ":" + std::to_string(port));
    CHECK(Plain::connected_to(at("127.0.0.1", port)).is_open());
    if (has_v6()) CHECK(Plain::connected_to(at("::1", port)).is_open());
}

TEST_CASE("an IPv6 address takes IPv6 clients only", "[net][socket_set]") {
    if (!has_v6()) return;
    const char* address = GENERATE("[::1]:0", "[::]:0");
    const auto set = SocketSet::bind(bind_address(address), 2);
    REQUIRE(set);
    const std::uint16_t port = set->address().address.port;
    CHECK(Plain::connected_to(at("::1", port)).is_open());
    CHECK_FALSE(Plain::connected_to(at("127.0.0.1", port)).is_open());
}

TEST_CASE("a port in use is an error that names the program", "[net][socket_set]") {
    const char* address = GENERATE("127.0.0.1:0", ":0");
    const auto first = SocketSet::bind(bind_address(address), 2);
    REQUIRE(first);
    const std::string text = first->address().text();
    const std::string port = std::to_string(first->address().address.port);
    const std::string expected = ": port " + port + " is in use by " + own_name() + " (pid " +
                                 std::to_string(::getpid()) +
                                 ")\n  stop that program, or choose another port\n";
    CHECK(bind_failure(text) == "error: cannot listen on " + text + expected);
    CHECK(bind_failure("127.0.0.1:" + port) ==
          "error: cannot listen on 127.0.0.1:" + port + expected);
    CHECK(bind_failure(":" + port) == "error: cannot listen on :" + port + expected);
}

TEST_CASE("a port is free again when its set is gone, also with connections that linger",
          "[net][socket_set]") {
    auto first = SocketSet::bind(bind_address("127.0.0.1:0"), 2);
    REQUIRE(first);
    const BindAddress address = first->address();
    Plain client = Plain::connected_to(address.address);
    REQUIRE(client.is_open());
    for (unsigned worker = 0; worker < 2; ++worker) {
        // We close first, so that the connection waits in TIME_WAIT on the listener's side.
        const Plain accepted{::accept4(first->descriptor(worker), nullptr, nullptr, SOCK_CLOEXEC)};
    }
    client.close();
    { const SocketSet gone = std::move(*first); }
    CHECK(SocketSet::bind(address, 2));
}

TEST_CASE("an address of another machine is an error that lists those of this one",
          "[net][socket_set]") {
    const std::string text = bind_failure("192.0.2.1:8080");
    CHECK(text.rfind("error: cannot listen on 192.0.2.1:8080: this machine has no such address\n"
                     "  it has 127.0.0.1",
                     0) == 0);
    CHECK(text.find("; \":8080\" takes every address\n") != std::string::npos);
}

TEST_CASE("a privileged port without the privilege is an error with the cures",
          "[net][socket_set]") {
    unsigned first_free = 0;
    std::ifstream{"/proc/sys/net/ipv4/ip_unprivileged_port_start"} >> first_free;
    if (first_free <= 1) return;  // no port is privileged here
    Result<SocketSet> set = fail("not tried");
    std::thread unprivileged{[&] {
        // The plain system call changes this thread alone, not the process as the library's does.
        if (::geteuid() == 0) ::syscall(SYS_setresuid, 65534, 65534, 65534);
        set = SocketSet::bind(bind_address("127.0.0.1:1"), 1);
    }};
    unprivileged.join();
    REQUIRE_FALSE(set);
    CHECK(set.error().message == "cannot listen on 127.0.0.1:1: ports below " +
                                     std::to_string(first_free) + " need a privilege");
}

TEST_CASE("a unix socket is shared by all workers and removed at the end", "[net][socket_set]") {
    TemporaryFolder folder;
    const std::string path = folder.file("web.sock");
    {
        const auto set = SocketSet::bind(bind_address("unix:" + path), 3);
        REQUIRE(set);
        CHECK(set->descriptor(0) == set->descriptor(2));
        CHECK(set->address().text() == "unix:" + path);
        CHECK(Plain::connected_to(set->address().address).is_open());
        CHECK(exists(path));
    }
    CHECK_FALSE(exists(path));
}

TEST_CASE("a unix socket's file has the mode that is asked for", "[net][socket_set]") {
    TemporaryFolder folder;
    const std::string path = folder.file("mode");
    const auto set = SocketSet::bind(bind_address("unix:" + path), 1, 0600);
    REQUIRE(set);
    struct stat made {};
    REQUIRE(::lstat(path.c_str(), &made) == 0);
    CHECK((made.st_mode & 07777) == 0600);
}

TEST_CASE("a stale socket file is replaced, a live one is an error", "[net][socket_set]") {
    TemporaryFolder folder;
    const std::string path = folder.file("web.sock");
    const BindAddress address = bind_address("unix:" + path);
    {
        // Left behind as by a program that was killed: bound, then closed without a listener.
        sockaddr_un native{};
        native.sun_family = AF_UNIX;
        std::memcpy(native.sun_path, path.data(), path.size());
        const Plain dead{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        REQUIRE(::bind(dead.fd(), reinterpret_cast<sockaddr*>(&native), sizeof(native)) == 0);
    }
    REQUIRE(exists(path));
    const auto set = SocketSet::bind(address, 1);
    REQUIRE(set);
    CHECK(bind_failure("unix:" + path) == "error: cannot listen on unix:" + path +
                                              ": another program listens on it\n"
                                              "  stop that program, or choose another path\n");
    CHECK(Plain::connected_to(address.address).is_open());  // the live one was left alone
}

TEST_CASE("a file that is no socket is never removed", "[net][socket_set]") {
    TemporaryFolder folder;
    const std::string path = folder.file("precious");
    { std::ofstream{path} << "data"; }
    CHECK(bind_failure("unix:" + path) == "error: cannot listen on unix:" + path +
                                              ": a file that is not a socket is there\n"
                                              "  remove it, or choose another path\n");
    CHECK(exists(path));
}

TEST_CASE("a set leaves alone a file another one has put in the place of its own",
          "[net][socket_set]") {
    TemporaryFolder folder;
    const std::string path = folder.file("web.sock");
    auto first = std::make_unique<SocketSet>(*SocketSet::bind(bind_address("unix:" + path), 1));
    ::unlink(path.c_str());
    const auto second = SocketSet::bind(bind_address("unix:" + path), 1);
    REQUIRE(second);
    first.reset();
    CHECK(exists(path));
}

TEST_CASE("a missing folder is an error that says how to make it", "[net][socket_set]") {
    TemporaryFolder folder;
    const std::string missing = folder.path() + "/none";
    CHECK(bind_failure("unix:" + missing + "/web.sock") ==
          "error: cannot listen on unix:" + missing + "/web.sock: the folder " + missing +
              " does not exist\n  create it: mkdir -p " + missing + "\n");
}

namespace {

/// As another process gets them.
std::vector<Descriptor> duplicates(const SocketSet& set) {
    std::vector<Descriptor> copies;
    for (const int fd : set.descriptors()) copies.emplace_back(::dup(fd));
    return copies;
}

}  // namespace

TEST_CASE("a set adopted from another goes on where that ends", "[net][socket_set]") {
    const char* address = GENERATE("127.0.0.1:0", ":0");
    auto old = std::make_unique<SocketSet>(*SocketSet::bind(bind_address(address), 2));
    const Plain waiting = Plain::connected_to(
        SocketAddress{*IpAddress::parse("127.0.0.1"), old->address().address.port, {}});
    // Where any port would do, the one that is bound is taken.
    auto next = SocketSet::adopt(bind_address(address), duplicates(*old), SocketOwner::Lender);
    REQUIRE(next);
    CHECK(next->address() == old->address());
    old.reset();
    const Plain first{::accept4(next->descriptor(0), nullptr, nullptr, SOCK_CLOEXEC)};
    const Plain second{::accept4(next->descriptor(1), nullptr, nullptr, SOCK_CLOEXEC)};
    CHECK((first.is_open() || second.is_open()));
    for (const int fd : next->descriptors()) {
        CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
        CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    }
}

TEST_CASE("a unix socket that was handed over belongs to the new set, with its file",
          "[net][socket_set]") {
    TemporaryFolder folder;
    const std::string path = folder.file("web.sock");
    auto old = std::make_unique<SocketSet>(*SocketSet::bind(bind_address("unix:" + path), 1));
    const SocketOwner owner = GENERATE(SocketOwner::Lender, SocketOwner::Other);
    {
        auto next = SocketSet::adopt(old->address(), duplicates(*old), owner);
        REQUIRE(next);
        CHECK(next->lends_as() == owner);
        old->leave();
        old.reset();
        next->take();
        CHECK(exists(path));
        CHECK(Plain::connected_to(next->address().address).is_open());
    }
    CHECK(exists(path) == (owner == SocketOwner::Other));
}

TEST_CASE("a unix socket that is only lent keeps its file when the new set ends",
          "[net][socket_set]") {
    TemporaryFolder folder;
    const std::string path = folder.file("web.sock");
    const auto old = SocketSet::bind(bind_address("unix:" + path), 1);
    REQUIRE(old);
    REQUIRE(SocketSet::adopt(old->address(), duplicates(*old), SocketOwner::Lender));
    CHECK(exists(path));
    CHECK(Plain::connected_to(old->address().address).is_open());
}

TEST_CASE("what is not a socket listening on the address is not adopted", "[net][socket_set]") {
    const auto set = SocketSet::bind(bind_address("127.0.0.1:0"), 1);
    REQUIRE(set);
    const std::string text = set->address().text();
    const auto refused = [&](const std::string& address, int fd) {
        std::vector<Descriptor> inherited;
        inherited.emplace_back(fd);
        auto adopted =
            SocketSet::adopt(bind_address(address), std::move(inherited), SocketOwner::Lender);
        REQUIRE_FALSE(adopted);
        CHECK(::fcntl(fd, F_GETFD) == -1);  // closed
        return adopted.error().message ==
               "descriptor " + std::to_string(fd) + " is not a socket that listens on " + address;
    };
    const int fd = set->descriptor(0);
    const std::string port = std::to_string(set->address().address.port);
    CHECK(refused("127.0.0.2:" + port, ::dup(fd)));
    CHECK(refused(":" + port, ::dup(fd)));
    CHECK(refused("127.0.0.1:1", ::dup(fd)));
    CHECK(refused("unix:/tmp/x.sock", ::dup(fd)));
    CHECK(refused(text, ::open("/dev/null", O_RDONLY | O_CLOEXEC)));
    Plain client = Plain::connected_to(set->address().address);
    CHECK(refused(text, ::dup(client.fd())));  // a stream, but not listening
    CHECK(refused(text, ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
    CHECK_FALSE(SocketSet::adopt(set->address(), {}, SocketOwner::Lender));
}

TEST_CASE("every socket has a worker and every worker a socket, whatever their numbers",
          "[net][socket_set]") {
    const unsigned sockets = GENERATE(1u, 2u, 3u, 5u);
    const unsigned workers = GENERATE(1u, 2u, 3u, 5u);
    const auto set = SocketSet::bind(bind_address("127.0.0.1:0"), sockets);
    REQUIRE(set);
    std::vector<int> served;
    for (unsigned worker = 0; worker < workers; ++worker) {
        const std::vector<int> own = set->descriptors_for(worker, workers);
        CHECK_FALSE(own.empty());
        CHECK(own.front() == set->descriptor(worker));
        served.insert(served.end(), own.begin(), own.end());
    }
    for (const int fd : set->descriptors()) {
        CHECK(std::find(served.begin(), served.end(), fd) != served.end());
    }
    CHECK(served.size() == std::max(sockets, workers));
}
