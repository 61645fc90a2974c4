/// A blocking TCP socket for the odd request outside the measurement. Every wait has a limit.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/base/result.h"
#include "proxy/net/blocking_tls.h"

namespace fairlead::bench::peers {

class Socket {
  public:
    /// @param limit   of connecting, and of each read and write after it
    /// @param source  the address to connect from, with any port; absent: as the kernel chooses
    static std::optional<Socket> connect(const SocketAddress& address, Duration limit,
                                         std::optional<IpAddress> source = {});
    /// Listens on an address of IPv4, port 0 being any free one.
    static Result<Socket> listen(const SocketAddress& address);
    ~Socket();
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    /// Of a connected one: everything from here on goes through TLS.
    /// @return false when the handshake fails
    bool begin_tls();

    /// What TLS has agreed on, as "TLSv1.3 TLS_AES_128_GCM_SHA256"; empty in clear.
    std::string agreement() const { return tls_ ? tls_->agreement() : ""; }

    int fd() const { return fd_; }
    /// A listening socket's own address.
    SocketAddress address() const;
    /// The next connection of a listening socket.
    std::optional<Socket> accept(Duration limit);

    bool send(std::string_view bytes);
    /// What has come, at most `bytes_max`; empty at the end of the connection or of the limit.
    std::string read_some(std::size_t bytes_max);

  private:
    explicit Socket(int fd) : fd_(fd) {}
    void set_limit(Duration limit);

    int fd_ = -1;
    std::optional<net::BlockingTls> tls_;
};

/// `count` ports of 127.0.0.1 that nobody listens on, all different. Somebody else may take one
/// before it is used; then the program that wanted it says so.
Result<std::vector<SocketAddress>> free_addresses(std::size_t count);

}  // namespace fairlead::bench::peers
