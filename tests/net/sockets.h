/// Plain blocking sockets for the side of a connection that is not under test.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/net/listener.h"
#include "tests/support/catch.h"

namespace fairlead::net::test {

/// A blocking socket of the other side. Waits ten seconds at most.
class Plain {
  public:
    explicit Plain(int fd = -1) : fd_(fd) {
        const timeval limit{10, 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    }
    ~Plain() { close(); }
    Plain(Plain&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Plain& operator=(Plain&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }

    static Plain connected_to(const SocketAddress& to) {
        sockaddr_storage native{};
        socklen_t length = 0;
        if (to.is_unix()) {
            auto* out = reinterpret_cast<sockaddr_un*>(&native);
            out->sun_family = AF_UNIX;
            std::memcpy(out->sun_path, to.unix_path.data(), to.unix_path.size());
            length = sizeof(*out);
        } else if (to.ip.is_v4()) {
            auto* out = reinterpret_cast<sockaddr_in*>(&native);
            out->sin_family = AF_INET;
            out->sin_port = htons(to.port);
            std::memcpy(&out->sin_addr, to.ip.bytes.data() + 12, 4);
            length = sizeof(*out);
        } else {
            auto* out = reinterpret_cast<sockaddr_in6*>(&native);
            out->sin6_family = AF_INET6;
            out->sin6_port = htons(to.port);
            std::memcpy(&out->sin6_addr, to.ip.bytes.data(), 16);
            length = sizeof(*out);
        }
        Plain client{::socket(native.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        if (::connect(client.fd_, reinterpret_cast<sockaddr*>(&native), length) != 0) {
            client.close();
        }
        return client;
    }

    bool is_open() const { return fd_ >= 0; }
    int fd() const { return fd_; }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    /// Closes with a reset.
    void reset() {
        const linger abort{1, 0};
        setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
        close();
    }
    void shutdown_write() { ::shutdown(fd_, SHUT_WR); }
    bool send(std::string_view bytes) {
        return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size());
    }
    /// What is there, at most `most` bytes; empty at the end or on an error.
    std::string receive(std::size_t most = 65536) {
        std::string bytes(most, '\0');
        const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }
    /// 0 when the peer sent a FIN, errno when reading failed, -1 when there were bytes.
    int how_it_ended() {
        char byte = 0;
        const ssize_t got = ::recv(fd_, &byte, 1, 0);
        return got > 0 ? -1 : got == 0 ? 0 : errno;
    }
    SocketAddress local() const { return name_of(&::getsockname); }

  private:
    template <class Ask>
    SocketAddress name_of(Ask ask) const {
        sockaddr_storage native{};
        socklen_t length = sizeof(native);
        ask(fd_, reinterpret_cast<sockaddr*>(&native), &length);
        return SocketAddress::from(reinterpret_cast<sockaddr*>(&native));
    }
    int fd_;
};

inline SocketAddress loopback(std::uint16_t port) {
    return SocketAddress{*IpAddress::parse("127.0.0.1"), port, {}};
}

inline BindAddress bind_address(std::string_view text) {
    Result<BindAddress> address = BindAddress::parse(text);
    REQUIRE(address);
    return *address;
}

/// A folder of its own for unix sockets, removed with the files in it that the test names.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::array<char, 32> name{"/tmp/fairlead-net-XXXXXX"};
        path_ = ::mkdtemp(name.data());
    }
    ~TemporaryFolder() {
        for (const std::string& file : files_) ::unlink(file.c_str());
        ::rmdir(path_.c_str());
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string file(const std::string& name) {
        files_.push_back(path_ + "/" + name);
        return files_.back();
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
    std::vector<std::string> files_;
};

/// A listening socket of the other side, which accepts only when told.
class PlainServer {
  public:
    PlainServer() : set_(*SocketSet::bind(bind_address("127.0.0.1:0"), 1)) {}
    explicit PlainServer(const std::string& unix_path)
        : set_(*SocketSet::bind(bind_address("unix:" + unix_path), 1)) {}

    const SocketAddress& address() const { return set_.address().address; }
    Plain accept() {
        pollfd wait{set_.descriptor(0), POLLIN, 0};
        ::poll(&wait, 1, 10000);
        return Plain{::accept4(set_.descriptor(0), nullptr, nullptr, SOCK_CLOEXEC)};
    }

  private:
    SocketSet set_;
};

}  // namespace fairlead::net::test
