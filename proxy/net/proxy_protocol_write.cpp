// Writing a PROXY header.
#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstdint>

#include "proxy/net/proxy_protocol.h"

namespace fairlead::net {
namespace {

constexpr std::string_view kSignature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::uint8_t kLocal = 0x20;
constexpr std::uint8_t kProxy = 0x21;
constexpr std::uint8_t kUnspec = 0x00;
constexpr std::uint8_t kTcp4 = 0x11;
constexpr std::uint8_t kTcp6 = 0x21;

bool is_known(const SocketAddress& address) {
    return !address.is_unix() && address.ip != IpAddress{};
}

void append_number(ProxyHeaderBytes& out, unsigned number, int base = 10) {
    std::array<char, 10> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
    out.append({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void append_ip(ProxyHeaderBytes& out, const IpAddress& ip, bool as_v6) {
    if (as_v6 && ip.is_v4()) {
        // Version 1 knows groups of hexadecimal digits only, no dots behind colons.
        out.append("::ffff:");
        append_number(out, ip.bytes[12] * 256U + ip.bytes[13], 16);
        out.append(":");
        append_number(out, ip.bytes[14] * 256U + ip.bytes[15], 16);
        return;
    }
    std::array<char, 46> text;
    out.append({text.data(), ip.write(text.data())});
}

void append_byte(ProxyHeaderBytes& out, unsigned byte) {
    const char one = static_cast<char>(byte);
    out.append({&one, 1});
}

void append_u16(ProxyHeaderBytes& out, std::size_t number) {
    append_byte(out, static_cast<unsigned>(number >> 8U));
    append_byte(out, number & 0xFFU);
}

/// Everything before the addresses.
ProxyHeaderBytes begin_v2(std::uint8_t command, std::uint8_t family, std::size_t length) {
    ProxyHeaderBytes out;
    out.append(kSignature);
    append_byte(out, command);
    append_byte(out, family);
    append_u16(out, length);
    return out;
}

ProxyHeaderBytes write_v1(const SocketAddress& source, const SocketAddress& destination) {
    ProxyHeaderBytes out;
    const bool is_v6 = !source.ip.is_v4() || !destination.ip.is_v4();
    out.append(is_v6 ? "PROXY TCP6 " : "PROXY TCP4 ");
    append_ip(out, source.ip, is_v6);
    out.append(" ");
    append_ip(out, destination.ip, is_v6);
    out.append(" ");
    append_number(out, source.port);
    out.append(" ");
    append_number(out, destination.port);
    out.append("\r\n");
    return out;
}

ProxyHeaderBytes write_v2(const SocketAddress& source, const SocketAddress& destination) {
    const bool is_v6 = !source.ip.is_v4() || !destination.ip.is_v4();
    const std::size_t ip_bytes = is_v6 ? 16 : 4;
    ProxyHeaderBytes out = begin_v2(kProxy, is_v6 ? kTcp6 : kTcp4, 2 * (ip_bytes + 2));
    for (const SocketAddress* address : {&source, &destination}) {
        // The IPv4 address is the end of its mapped form.
        const char* const bytes = reinterpret_cast<const char*>(address->ip.bytes.data());
        out.append({bytes + 16 - ip_bytes, ip_bytes});
    }
    append_u16(out, source.port);
    append_u16(out, destination.port);
    return out;
}

ProxyHeaderBytes unknown_line() {
    ProxyHeaderBytes out;
    out.append("PROXY UNKNOWN\r\n");
    return out;
}

}  // namespace

void ProxyHeaderBytes::append(std::string_view text) {
    assert(text.size() <= buffer_.size() - size_);
    std::copy(text.begin(), text.end(), buffer_.data() + size_);
    size_ += text.size();
}

ProxyHeaderBytes proxy_header(ProxyVersion version, const SocketAddress& source,
                              const SocketAddress& destination) {
    const bool knows_both = is_known(source) && is_known(destination);
    if (version == ProxyVersion::V1) {
        return knows_both ? write_v1(source, destination) : unknown_line();
    }
    // Not LOCAL: that would say that there is no client.
    return knows_both ? write_v2(source, destination) : begin_v2(kProxy, kUnspec, 0);
}

ProxyHeaderBytes local_proxy_header(ProxyVersion version) {
    return version == ProxyVersion::V1 ? unknown_line() : begin_v2(kLocal, kUnspec, 0);
}

}  // namespace fairlead::net
