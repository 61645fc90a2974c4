/// Addresses: where to listen, where to connect, who is there.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proxy/base/result.h"

struct sockaddr;

namespace fairlead {

/// An IPv4 or IPv6 address; IPv4 is kept in its IPv4-mapped form, so both compare as one kind.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};

    bool is_v4() const;
    bool is_loopback() const;
    /// "0.0.0.0" or "::": every address of its family.
    bool is_unspecified() const;
    /// Dotted or RFC 5952 form, without brackets.
    std::string text() const;
    /// Writes text() into `out` (at least 46 bytes), without allocating; returns the length.
    std::size_t write(char* out) const;
    static Result<IpAddress> parse(std::string_view text);
    auto operator<=>(const IpAddress&) const = default;
};

/// Who counts as one client where clients are limited: an IPv4 address; of IPv6 the /64, which one
/// customer has whole.
IpAddress client_key(const IpAddress& address);

/// "10.0.0.0/8", "::/0", or a single address.
struct IpNetwork {
    IpAddress base;
    unsigned prefix_bits = 128;  ///< in the mapped form: 96 more than written for IPv4

    bool contains(const IpAddress& address) const;
    std::string text() const;
    static Result<IpNetwork> parse(std::string_view text);
};

/// Whether one of them has it.
bool contains(std::span<const IpNetwork> networks, const IpAddress& address);

/// One end of a connection: an IP address with a port, or a unix socket path.
struct SocketAddress {
    IpAddress ip;
    std::uint16_t port = 0;
    std::string unix_path;  ///< not empty: a unix socket, ip and port have no meaning

    bool is_unix() const { return !unix_path.empty(); }
    /// "10.0.0.1:80", "[::1]:80", "unix:/run/x.sock"
    std::string text() const;
    static SocketAddress from(const sockaddr* native);
    bool operator==(const SocketAddress&) const = default;
};

/// A host name (RFC 1123, with the underscore that private zones use; a dot at its end is taken). A
/// last label of digits only would be a broken IPv4 address.
bool is_host_name(std::string_view name);

/// What a listener's `bind` says: ":8080" (any address of both families), "10.0.0.1:80",
/// "[::1]:80", "unix:/run/x.sock". Host names are not taken.
struct BindAddress {
    SocketAddress address;
    bool any =
        false;  ///< ":port": IPv6 socket without V6ONLY, IPv4 alone where the machine has no IPv6

    std::string text() const;
    /// Some client could reach both: the system binds one of them only. Not of unix sockets.
    bool overlaps(const BindAddress& other) const;
    static Result<BindAddress> parse(std::string_view text);
    bool operator==(const BindAddress&) const = default;
};

/// Where a backend is: "10.0.0.11:8000", "[::1]:80", "app.internal:8000", "unix:/run/app.sock".
struct HostPort {
    std::string host;  ///< an IP address or a name; empty for a unix socket
    std::uint16_t port = 0;
    std::string unix_path;

    bool is_unix() const { return !unix_path.empty(); }
    bool is_name() const;  ///< must be resolved
    std::string text() const;
    static Result<HostPort> parse(std::string_view text);
    bool operator==(const HostPort&) const = default;
};

}  // namespace fairlead
