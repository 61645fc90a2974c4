#include "proxy/runtime/inherited_sockets.h"

#include <fcntl.h>

#include <cstdlib>

#include "proxy/telemetry/log.h"
#include "tests/net/sockets.h"

using namespace fairlead;
using namespace fairlead::runtime;
using net::test::bind_address;

namespace {

/// Far from what the test itself uses.
constexpr int kFirst = 700;

/// Puts duplicates where a service manager would, with the variables it sets.
void hand_over(const std::vector<int>& descriptors, const std::string& names) {
    int next = kFirst;
    for (const int fd : descriptors) REQUIRE(::dup2(fd, next++) >= 0);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(descriptors.size()).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

}  // namespace

TEST_CASE("each inherited socket goes to the listener with its address, the rest is closed",
          "[runtime][inherited]") {
    net::test::TemporaryFolder folder;
    const auto web = net::SocketSet::bind(bind_address("127.0.0.1:0"), 2);
    const auto api = net::SocketSet::bind(bind_address(":0"), 1);
    const auto local = net::SocketSet::bind(bind_address("unix:" + folder.file("x")), 1);
    const auto other = net::SocketSet::bind(bind_address("127.0.0.1:0"), 1);
    REQUIRE((web && api && local && other));
    hand_over({web->descriptor(0), api->descriptor(0), local->descriptor(0), other->descriptor(0),
               web->descriptor(1)},
              "web:api::other");

    InheritedSockets inherited = InheritedSockets::from_environment(kFirst);
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
        CHECK(std::getenv(name) == nullptr);
    }
    CHECK((::fcntl(kFirst, F_GETFD) & FD_CLOEXEC) != 0);
    {
        const auto set = inherited.adopt(web->address());
        REQUIRE((set && *set));
        CHECK((*set)->descriptors() == std::vector<int>{kFirst, kFirst + 4});
        const auto every = inherited.adopt(api->address());
        REQUIRE((every && *every));
        CHECK((*every)->descriptors() == std::vector<int>{kFirst + 1});
        const auto unix_set = inherited.adopt(local->address());
        REQUIRE((unix_set && *unix_set));
        const auto none = inherited.adopt(bind_address("127.0.0.1:1"));
        REQUIRE(none);
        CHECK_FALSE(*none);
    }
    CHECK_FALSE(is_open(kFirst));
    CHECK(net::test::Plain::connected_to(local->address().address).is_open());  // the file stayed

    CHECK_FALSE(inherited.empty());
    CHECK(inherited.close_rest() ==
          std::vector<std::string>{"the inherited socket \"other\" (" + other->address().text() +
                                   ") is closed: no listener has this address"});
    CHECK_FALSE(is_open(kFirst + 3));
    CHECK(inherited.empty());
}

TEST_CASE("what was meant for another process is left alone", "[runtime][inherited]") {
    const auto web = net::SocketSet::bind(bind_address("127.0.0.1:0"), 1);
    hand_over({web->descriptor(0)}, "web");
    ::setenv("LISTEN_PID", std::to_string(::getppid()).c_str(), 1);
    CHECK(InheritedSockets::from_environment(kFirst).empty());
    CHECK(is_open(kFirst));
    ::close(kFirst);
    CHECK(InheritedSockets::from_environment(kFirst).empty());  // no variables at all
}

TEST_CASE("variables that cannot be true are a warning", "[runtime][inherited]") {
    const telemetry::log::Capture log;
    hand_over({}, "");
    const std::string count = GENERATE("2", "x", "-1", "99999999999999999999");
    ::setenv("LISTEN_FDS", count.c_str(), 1);
    CHECK(InheritedSockets::from_environment(kFirst + 50).empty());
    CHECK(log.text() ==
          (count == "2" ? "warn LISTEN_FDS is 2, but descriptor 750 is not open\n"
                        : "warn LISTEN_FDS is \"" + count + "\", which is no number of sockets\n"));
}
