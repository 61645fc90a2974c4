#include "proxy/runtime/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "proxy/net/descriptor.h"
#include "proxy/telemetry/log.h"
#include "tests/bench/temporary_folder.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::runtime;

namespace {

/// The manager's end.
class Manager {
  public:
    explicit Manager(const std::string& address) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        std::memcpy(at.sun_path, address.data(), address.size());
        if (address[0] == '@') at.sun_path[0] = '\0';
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                                   address.size() + (address[0] == '@' ? 0 : 1));
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&at), length) == 0);
        ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
    }
    ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

    /// The next message; it has been sent already.
    std::string heard() {
        char bytes[4096];
        const ssize_t got = ::recv(socket_.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
        return got < 0 ? "nothing" : std::string(bytes, static_cast<std::size_t>(got));
    }

  private:
    net::Descriptor socket_;
};

}  // namespace

TEST_CASE("the service manager hears each message as one datagram", "[runtime][service]") {
    bench::TemporaryFolder folder;
    const bool is_abstract = GENERATE(false, true);
    const std::string address =
        is_abstract ? "@fairlead-test-" + std::to_string(::getpid()) : folder.file("notify");
    Manager manager{address};
    const ServiceManager service = ServiceManager::from_environment();
    CHECK(service.is_there());
    CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);

    service.ready("serving on :8080");
    CHECK(manager.heard() == "READY=1\nSTATUS=serving on :8080");
    service.status("two\nlines");
    CHECK(manager.heard() == "STATUS=two lines");
    service.stopping("draining");
    CHECK(manager.heard() == "STOPPING=1\nSTATUS=draining");
    service.main_pid(4711);
    CHECK(manager.heard() == "MAINPID=4711");
    service.reloading();
    CHECK(manager.heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    CHECK(manager.heard() == "nothing");
}

TEST_CASE("the time of a reload is the monotonic clock's in microseconds", "[runtime][service]") {
    CHECK(reloading_message(Time{std::chrono::seconds{3} + std::chrono::nanoseconds{4999}}) ==
          "RELOADING=1\nMONOTONIC_USEC=3000004");
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    CHECK(SystemClock{}.now().time_since_epoch() >= std::chrono::seconds{now.tv_sec});
    CHECK(SystemClock{}.now().time_since_epoch() < std::chrono::seconds{now.tv_sec + 10});
}

TEST_CASE("without a service manager nothing is told and nothing fails", "[runtime][service]") {
    const telemetry::log::Capture log;
    const ServiceManager service = ServiceManager::from_environment();
    CHECK_FALSE(service.is_there());
    service.ready("serving");
    CHECK(log.text().empty());
}

TEST_CASE("a manager that is gone, or an address that is none, is a warning",
          "[runtime][service]") {
    bench::TemporaryFolder folder;
    const telemetry::log::Capture log;
    SECTION("gone") {
        ServiceManager{folder.file("notify")}.ready("serving");
        CHECK(log.text() == "warn the service manager at " + folder.file("notify") +
                                " cannot be told: No such file or directory\n");
    }
    SECTION("no unix socket") {
        ::setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
        CHECK_FALSE(ServiceManager::from_environment().is_there());
        CHECK(log.text() ==
              "warn NOTIFY_SOCKET is \"vsock:2:1\", which is no unix socket: nobody is told\n");
    }
    SECTION("too long") {
        ::setenv("NOTIFY_SOCKET", std::string(200, '/').c_str(), 1);
        CHECK_FALSE(ServiceManager::from_environment().is_there());
    }
    ::unsetenv("NOTIFY_SOCKET");
}
