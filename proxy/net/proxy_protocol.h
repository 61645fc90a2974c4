/// The PROXY protocol, versions 1 and 2 (proxy-protocol.txt of HAProxy): the header in front of a
/// connection by which one balancer tells the next who the client is. Reading and writing; whose
/// headers are believed is decided elsewhere. Values, good on any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "proxy/base/address.h"
#include "proxy/net/stream.h"

namespace fairlead::net {

enum class ProxyVersion : std::uint8_t { V1 = 1, V2 = 2 };

/// A line of version 1 with its CRLF.
inline constexpr std::size_t kProxyLineBytesMax = 107;
/// A header of version 2 with its TLVs. The specification allows 64 KiB; a client certificate in a
/// TLV fits here.
inline constexpr std::size_t kProxyHeaderBytesMax = 4096;

/// What a header says.
struct ProxyHeader {
    /// Without: the addresses of the connection itself count, because it is the sender's own
    /// (LOCAL) or the sender does not know better (UNKNOWN, UNSPEC).
    bool has_addresses = false;
    SocketAddress source;  ///< the client; a unix socket's path when that is what it came from
    SocketAddress destination;
};

enum class ProxyHeaderStatus : std::uint8_t { NeedMore, Complete, Refused };

struct ProxyHeaderResult {
    ProxyHeaderStatus status = ProxyHeaderStatus::NeedMore;
    /// Of the bytes just fed; with Complete the rest is the first of what the client sent.
    std::size_t consumed = 0;
    std::string_view reason;  ///< with Refused: what is wrong; a constant
};

/// Reads one header, however its bytes are cut. Strict: a header that could be read in two ways is
/// refused. Allocates for paths of unix sockets only.
class ProxyHeaderReader {
  public:
    /// Not called again after anything but NeedMore.
    ProxyHeaderResult feed(std::span<const char> bytes);
    /// Has a byte of the header arrived?
    bool has_begun() const { return size_ != 0; }
    /// After Complete.
    const ProxyHeader& header() const { return header_; }

  private:
    enum class Phase : std::uint8_t { Begin, Line, Block, Skip, Tlvs, Done };
    enum class TlvPart : std::uint8_t { Type, LengthHigh, LengthLow, Value };

    bool take(std::uint8_t byte);
    bool take_begin(std::uint8_t byte);
    bool take_line(std::uint8_t byte);
    bool take_block(std::uint8_t byte);
    bool take_tlv(std::uint8_t byte);
    bool read_line(std::string_view words);
    bool read_command(std::uint8_t byte);
    bool read_family(std::uint8_t byte);
    bool read_length(std::size_t length);
    bool leave_block();
    void read_addresses();
    bool leave_tlvs();
    bool refuse(std::string_view reason);
    bool done();
    std::string_view text() const;

    ProxyHeader header_;
    std::string_view reason_;
    Phase phase_ = Phase::Begin;
    bool is_local_ = false;
    std::uint8_t family_ = 0;      ///< of version 2, as on the wire
    std::size_t size_ = 0;         ///< bytes in buffer_
    std::size_t block_bytes_ = 0;  ///< of version 2: signature to addresses
    std::size_t rest_bytes_ = 0;   ///< behind the addresses, not yet taken

    TlvPart tlv_part_ = TlvPart::Type;
    std::uint8_t tlv_type_ = 0;
    std::size_t tlv_bytes_ = 0;  ///< of its value, not yet taken
    bool has_checksum_ = false;
    std::uint32_t checksum_ = 0;  ///< as the header has it
    std::uint32_t crc_ = 0;       ///< of what has been taken

    /// A line, or the block up to the addresses of two unix sockets. TLVs are not kept.
    std::array<std::uint8_t, 16 + 2 * 108> buffer_;
};

/// A header made for sending.
class ProxyHeaderBytes {
  public:
    Bytes bytes() const { return {buffer_.data(), size_}; }
    void append(std::string_view text);

  private:
    std::array<char, kProxyLineBytesMax> buffer_;
    std::size_t size_ = 0;
};

/// The header for a connection made for a client at `source` that came to `destination`. When the
/// two are of different families, both are written as IPv6. A unix socket or an unknown address
/// (SocketAddress{}) on either side makes it UNKNOWN or UNSPEC.
ProxyHeaderBytes proxy_header(ProxyVersion version, const SocketAddress& source,
                              const SocketAddress& destination);
/// The header for a connection on our own behalf, such as a probe's: LOCAL, or UNKNOWN in
/// version 1.
ProxyHeaderBytes local_proxy_header(ProxyVersion version);

}  // namespace fairlead::net
