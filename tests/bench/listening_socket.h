/// A plain listening socket on a free port of the loopback, for servers that a test writes by hand.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/base/address.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

class ListeningSocket {
  public:
    ListeningSocket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof(address);
        auto* native = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(fd_, native, length) == 0);
        REQUIRE(::listen(fd_, 128) == 0);
        REQUIRE(::getsockname(fd_, native, &length) == 0);
        address_ = SocketAddress::from(native);
    }
    ~ListeningSocket() { ::close(fd_); }
    ListeningSocket(const ListeningSocket&) = delete;
    ListeningSocket& operator=(const ListeningSocket&) = delete;

    const SocketAddress& address() const { return address_; }
    /// Waits for a client. @return its descriptor, which the caller closes; -1 after stop()
    int accept() const { return ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC); }
    /// Ends a waiting accept(). Any thread.
    void stop() const { ::shutdown(fd_, SHUT_RDWR); }

  private:
    int fd_;
    SocketAddress address_;
};

}  // namespace fairlead::bench
