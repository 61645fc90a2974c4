#include "proxy/base/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include "proxy/base/text.h"

namespace fairlead {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::string_view kUnixScheme = "unix:";

/// A number of a dotted address with the dot behind it.
struct Octet {
    char text[4];
    std::uint8_t length;
};

constexpr std::array<Octet, 256> make_octets() {
    std::array<Octet, 256> octets{};
    for (unsigned value = 0; value < octets.size(); ++value) {
        Octet& octet = octets[value];
        if (value >= 100) octet.text[octet.length++] = static_cast<char>('0' + value / 100);
        if (value >= 10) octet.text[octet.length++] = static_cast<char>('0' + value / 10 % 10);
        octet.text[octet.length++] = static_cast<char>('0' + value % 10);
        octet.text[octet.length++] = '.';
    }
    return octets;
}
constexpr auto kOctets = make_octets();

/// "host:port" taken apart, before either half is judged.
struct Halves {
    std::string_view host;  ///< without brackets
    std::string_view port;
    bool has_brackets = false;
};

/// Nothing when there is no colon that could separate a port, or brackets do not fit.
std::optional<Halves> split_port(std::string_view text) {
    if (!text.empty() && text.front() == '[') {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos || text.substr(close + 1, 1) != ":") return {};
        return Halves{text.substr(1, close - 1), text.substr(close + 2), true};
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return {};
    return Halves{text.substr(0, colon), text.substr(colon + 1), false};
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    const std::optional<std::uint64_t> port = parse_number(digits);
    if (!port || *port > 65535 || digits.size() > 5) return {};
    return static_cast<std::uint16_t>(*port);
}

Result<std::string> parse_unix_path(std::string_view text) {
    const std::string_view path = text.substr(kUnixScheme.size());
    if (path.empty() || path.find('\0') != std::string_view::npos) {
        return fail(fmt::format("\"{}\" names no socket", text), "write \"unix:/run/app.sock\"");
    }
    constexpr std::size_t kPathMax = sizeof(sockaddr_un::sun_path) - 1;
    if (path.size() > kPathMax) {
        return fail(fmt::format("the socket path \"{}\" is longer than {} bytes", path, kPathMax),
                    "choose a shorter one, the system takes no more");
    }
    return std::string(path);
}

tl::unexpected<Error> bad_port(std::string_view text, std::string_view port) {
    return fail(fmt::format("\"{}\" in \"{}\" is not a port", port, text), "ports are 1 to 65535");
}

/// An IPv6 address without brackets: which colon begins the port is anybody's guess.
tl::unexpected<Error> needs_brackets(std::string_view text, std::string_view port) {
    const auto whole = IpAddress::parse(text);
    return fail(fmt::format("the IPv6 address in \"{}\" needs brackets", text),
                whole ? fmt::format("write \"[{}]:PORT\"", text)
                      : fmt::format("write \"[{}]:{}\"",
                                    text.substr(0, text.size() - port.size() - 1), port));
}

bool is_name_byte(char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

std::string with_port(std::string_view host, std::uint16_t port) {
    return host.find(':') == std::string_view::npos ? fmt::format("{}:{}", host, port)
                                                    : fmt::format("[{}]:{}", host, port);
}

/// A bit of an address, 0 being the first on the wire.
bool bit(const IpAddress& address, unsigned index) {
    return (address.bytes[index / 8] >> (7 - index % 8) & 1) != 0;
}

}  // namespace

bool is_host_name(std::string_view name) {
    if (!name.empty() && name.back() == '.') name.remove_suffix(1);
    if (name.empty() || name.size() > 253) return false;
    std::string_view label;
    while (true) {
        const std::size_t dot = name.find('.');
        label = name.substr(0, dot);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
            !std::all_of(label.begin(), label.end(), is_name_byte)) {
            return false;
        }
        if (dot == std::string_view::npos) break;
        name.remove_prefix(dot + 1);
    }
    return !std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IpAddress::is_v4() const {
    return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
}

bool IpAddress::is_unspecified() const {
    const auto own = bytes.begin() + (is_v4() ? 12 : 0);
    return std::all_of(own, bytes.end(), [](auto byte) { return byte == 0; });
}

bool IpAddress::is_loopback() const {
    if (is_v4()) return bytes[12] == 127;
    return std::all_of(bytes.begin(), bytes.end() - 1, [](auto byte) { return byte == 0; }) &&
           bytes[15] == 1;
}

std::string IpAddress::text() const {
    char buffer[INET6_ADDRSTRLEN];
    return {buffer, write(buffer)};
}

std::size_t IpAddress::write(char* out) const {
    if (is_v4()) {
        // Each request's head has one: from a table it costs a fiftieth of inet_ntop, which prints.
        char* end = out;
        for (std::size_t index = 12; index < 16; ++index) {
            const Octet& octet = kOctets[bytes[index]];
            std::memcpy(end, octet.text, sizeof octet.text);  // what is too much is written over
            end += octet.length;
        }
        return static_cast<std::size_t>(end - 1 - out);
    }
    // glibc shortens as RFC 5952 asks: the first longest run of zeros, never a single group.
    const char* written = inet_ntop(AF_INET6, bytes.data(), out, INET6_ADDRSTRLEN);
    assert(written != nullptr);
    return std::strlen(written);
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
    char terminated[INET6_ADDRSTRLEN];
    IpAddress address;
    if (text.size() < sizeof terminated && text.find('\0') == std::string_view::npos) {
        text.copy(terminated, text.size());
        terminated[text.size()] = '\0';
        if (inet_pton(AF_INET6, terminated, address.bytes.data()) == 1) return address;
        if (inet_pton(AF_INET, terminated, address.bytes.data() + 12) == 1) {
            std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin());
            return address;
        }
    }
    return fail(fmt::format("\"{}\" is not an IP address", text));
}

bool IpNetwork::contains(const IpAddress& address) const {
    // "::/0" means every IPv6 address; the mapped form must not make it mean IPv4 as well.
    if (address.is_v4() != base.is_v4()) return false;
    const unsigned whole = prefix_bits / 8;
    if (!std::equal(base.bytes.begin(), base.bytes.begin() + whole, address.bytes.begin())) {
        return false;
    }
    for (unsigned index = whole * 8; index < prefix_bits; ++index) {
        if (bit(base, index) != bit(address, index)) return false;
    }
    return true;
}

IpAddress client_key(const IpAddress& address) {
    if (address.is_v4()) return address;
    IpAddress network = address;
    std::fill(network.bytes.begin() + 8, network.bytes.end(), std::uint8_t{0});
    return network;
}

bool contains(std::span<const IpNetwork> networks, const IpAddress& address) {
    return std::any_of(networks.begin(), networks.end(),
                       [&](const IpNetwork& each) { return each.contains(address); });
}

std::string IpNetwork::text() const {
    if (prefix_bits == 128) return base.text();
    return fmt::format("{}/{}", base.text(), base.is_v4() ? prefix_bits - 96 : prefix_bits);
}

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view host = text.substr(0, slash);
    const Result<IpAddress> address = IpAddress::parse(host);
    if (!address) {
        return fail(fmt::format("\"{}\" is not a network", text),
                    "write \"10.0.0.0/8\", \"fd00::/8\" or a single address");
    }
    IpNetwork network{*address, 128};
    if (slash == std::string_view::npos) return network;

    // "::ffff:10.0.0.0/104" counts all bits as written, "10.0.0.0/8" only the last 32.
    const bool counts_32 = host.find(':') == std::string_view::npos;
    const std::optional<std::uint64_t> bits = parse_number(text.substr(slash + 1));
    if (!bits || *bits > (counts_32 ? 32 : 128)) {
        return fail(
            fmt::format("\"{}\" in \"{}\" is not a prefix length", text.substr(slash + 1), text),
            counts_32 ? "0 to 32 for IPv4" : "0 to 128 for IPv6");
    }
    network.prefix_bits = static_cast<unsigned>(*bits) + (counts_32 ? 96 : 0);
    for (unsigned index = network.prefix_bits; index < 128; ++index) {
        if (bit(network.base, index)) {
            network.base.bytes[index / 8] &= static_cast<std::uint8_t>(~(0x80U >> (index % 8)));
        }
    }
    if (network.base != *address) {
        const bool is_written_as_v4 = network.base.is_v4() && network.prefix_bits >= 96;
        const unsigned written = network.prefix_bits - (is_written_as_v4 ? 96 : 0);
        return fail(fmt::format("\"{}\" is an address inside a network, not a network", text),
                    fmt::format("write \"{}/{}\" or \"{}\"", network.base.text(), written, host));
    }
    return network;
}

std::string SocketAddress::text() const {
    return is_unix() ? fmt::format("{}{}", kUnixScheme, unix_path) : with_port(ip.text(), port);
}

SocketAddress SocketAddress::from(const sockaddr* native) {
    SocketAddress address;
    // Copied, not cast: the storage behind `native` may be of any of these types.
    if (native->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, native, sizeof v4);
        std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.ip.bytes.begin());
        std::memcpy(address.ip.bytes.data() + 12, &v4.sin_addr, 4);
        address.port = ntohs(v4.sin_port);
    } else if (native->sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, native, sizeof v6);
        std::memcpy(address.ip.bytes.data(), &v6.sin6_addr, 16);
        address.port = ntohs(v6.sin6_port);
    } else if (native->sa_family == AF_UNIX) {
        const char* path = reinterpret_cast<const char*>(native) + offsetof(sockaddr_un, sun_path);
        address.unix_path.assign(path, strnlen(path, sizeof(sockaddr_un::sun_path)));
        if (address.unix_path.empty()) address.unix_path = "@";  // a client without a name
    }
    return address;
}

std::string BindAddress::text() const {
    return any ? fmt::format(":{}", address.port) : address.text();
}

bool BindAddress::overlaps(const BindAddress& other) const {
    const SocketAddress& there = other.address;
    if (address.is_unix() || there.is_unix() || address.port != there.port) return false;
    if (any || other.any || address.ip == there.ip) return true;
    return address.ip.is_v4() == there.ip.is_v4() &&
           (address.ip.is_unspecified() || there.ip.is_unspecified());
}

Result<BindAddress> BindAddress::parse(std::string_view text) {
    BindAddress bind;
    if (text.starts_with(kUnixScheme)) {
        Result<std::string> path = parse_unix_path(text);
        if (!path) return fail(std::move(path).error());
        bind.address.unix_path = *std::move(path);
        return bind;
    }
    const std::optional<Halves> halves = split_port(text);
    if (!halves) {
        return fail(fmt::format("\"{}\" has no port", text),
                    parse_port(text)         ? fmt::format("write \":{}\"", text)
                    : IpAddress::parse(text) ? fmt::format("write \"{}:8080\"", text)
                                             : "write \":8080\", \"10.0.0.1:80\", \"[::1]:80\" or "
                                               "\"unix:/run/x.sock\"");
    }
    const std::optional<std::uint16_t> port = parse_port(halves->port);
    if (!halves->has_brackets && halves->host.find(':') != std::string_view::npos) {
        return needs_brackets(text, halves->port);
    }
    if (!port) return bad_port(text, halves->port);
    bind.address.port = *port;
    if (halves->host.empty() && !halves->has_brackets) {
        bind.any = true;
        return bind;
    }
    const Result<IpAddress> ip = IpAddress::parse(halves->host);
    const bool is_v6 = halves->host.find(':') != std::string_view::npos;
    if (!ip || halves->has_brackets != is_v6) {
        return fail(fmt::format("\"{}\" in \"{}\" is not an IP address", halves->host, text),
                    halves->host == "*" ? fmt::format("write \":{}\"", *port)
                    : halves->host == "localhost"
                        ? fmt::format("write \"127.0.0.1:{}\"", *port)
                        : "names are not looked up here: write the address itself");
    }
    bind.address.ip = *ip;
    return bind;
}

bool HostPort::is_name() const { return !is_unix() && !IpAddress::parse(host).has_value(); }

std::string HostPort::text() const {
    return is_unix() ? fmt::format("{}{}", kUnixScheme, unix_path) : with_port(host, port);
}

Result<HostPort> HostPort::parse(std::string_view text) {
    HostPort place;
    if (text.starts_with(kUnixScheme)) {
        Result<std::string> path = parse_unix_path(text);
        if (!path) return fail(std::move(path).error());
        place.unix_path = *std::move(path);
        return place;
    }
    if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
        const std::string_view rest = text.substr(scheme + 3);
        return fail(fmt::format("\"{}\" is a URL, not an address", text),
                    fmt::format("write \"{}\"", rest.substr(0, rest.find('/'))));
    }
    const std::optional<Halves> halves = split_port(text);
    if (!halves || halves->host.empty()) {
        return fail(fmt::format("\"{}\" is not an address with a port", text),
                    halves             ? fmt::format("write \"127.0.0.1{}\"", text)
                    : parse_port(text) ? fmt::format("write \"127.0.0.1:{}\"", text)
                    : is_host_name(text) || IpAddress::parse(text)
                        ? fmt::format("write \"{}:80\"", text)
                        : "write \"10.0.0.11:8000\", \"[::1]:80\", \"app.internal:8000\" or "
                          "\"unix:/run/app.sock\"");
    }
    if (!halves->has_brackets && halves->host.find(':') != std::string_view::npos) {
        return needs_brackets(text, halves->port);
    }
    const std::optional<std::uint16_t> port = parse_port(halves->port);
    if (!port || *port == 0) return bad_port(text, halves->port);
    const bool is_ip = IpAddress::parse(halves->host).has_value();
    const bool is_v6 = is_ip && halves->host.find(':') != std::string_view::npos;
    if (halves->has_brackets ? !is_v6 : !is_ip && !is_host_name(halves->host)) {
        return fail(fmt::format("\"{}\" in \"{}\" is neither an IP address nor a host name",
                                halves->host, text));
    }
    place.host = std::string(halves->host);
    place.port = *port;
    return place;
}

}  // namespace fairlead
