#include "bench/peers/socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace fairlead::bench::peers {
namespace {

sockaddr_in native(const IpAddress& ip, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    ::inet_pton(AF_INET, ip.text().c_str(), &out.sin_addr);
    return out;
}

const sockaddr* as_sockaddr(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

std::optional<Socket> Socket::connect(const SocketAddress& address, Duration limit,
                                      std::optional<IpAddress> source) {
    Socket made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (made.fd_ < 0) return std::nullopt;
    made.set_limit(limit);  // Linux bounds connect() by the limit of sending
    if (source) {
        // The port is chosen when the other end is known, so that one port serves many of them.
        const int on = 1;
        ::setsockopt(made.fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        const sockaddr_in own = native(*source, 0);
        if (::bind(made.fd_, as_sockaddr(own), sizeof own) != 0) return std::nullopt;
    }
    const sockaddr_in other = native(address.ip, address.port);
    if (::connect(made.fd_, as_sockaddr(other), sizeof other) != 0) return std::nullopt;
    return made;
}

Result<Socket> Socket::listen(const SocketAddress& address) {
    Socket made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(made.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in own = native(address.ip, address.port);
    if (made.fd_ < 0 || ::bind(made.fd_, as_sockaddr(own), sizeof own) != 0 ||
        ::listen(made.fd_, 64) != 0) {
        return fail(fmt::format("cannot listen on {}: {}", address.text(), std::strerror(errno)),
                    "try again: another program may have taken the port in between");
    }
    return made;
}

Socket::~Socket() {
    if (fd_ >= 0) ::close(fd_);
}

Socket::Socket(Socket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), tls_(std::move(other.tls_)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(tls_, other.tls_);
    return *this;
}

void Socket::set_limit(Duration limit) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(limit).count();
    const timeval value{us / 1'000'000, us % 1'000'000};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value);
}

SocketAddress Socket::address() const {
    sockaddr_storage own{};
    socklen_t length = sizeof own;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &length);
    return SocketAddress::from(reinterpret_cast<const sockaddr*>(&own));
}

std::optional<Socket> Socket::accept(Duration limit) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(milliseconds(limit))) != 1) return std::nullopt;
    Socket accepted(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
    if (accepted.fd_ < 0) return std::nullopt;
    accepted.set_limit(limit);
    return accepted;
}

bool Socket::begin_tls() {
    auto begun = net::BlockingTls::connect(fd_);
    if (begun) tls_ = std::move(*begun);
    return tls_.has_value();
}

bool Socket::send(std::string_view bytes) {
    if (tls_) return tls_->send(bytes);
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string Socket::read_some(std::size_t bytes_max) {
    if (tls_) return tls_->read_some(bytes_max);
    std::string bytes(bytes_max, '\0');
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

Result<std::vector<SocketAddress>> free_addresses(std::size_t count) {
    const SocketAddress any{*IpAddress::parse("127.0.0.1"), 0, {}};
    std::vector<Socket> held;  // until all are known, so that no two are the same
    std::vector<SocketAddress> addresses;
    for (std::size_t i = 0; i < count; ++i) {
        auto socket = Socket::listen(any);
        if (!socket) return fail(std::move(socket).error());
        addresses.push_back(socket->address());
        held.push_back(std::move(*socket));
    }
    return addresses;
}

}  // namespace fairlead::bench::peers
