/// The host name in a TLS ClientHello (server_name, RFC 6066 section 3), read from the bytes as
/// they pass: for choosing a pool without ending the TLS connection. Nothing is decrypted, nothing
/// is changed, nothing is allocated. Good on any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proxy/net/stream.h"

namespace fairlead::net {

/// From the first byte of the connection to the last of the hello, record headers included. Hellos
/// with post-quantum key shares take about 2 KiB.
inline constexpr std::size_t kClientHelloBytesMax = 16 * 1024;

enum class ClientHelloStatus : std::uint8_t {
    NeedMore,
    Found,
    NoName,  ///< a valid hello that names no host; one that names an IP address does not either
    NotTls   ///< something else, or a hello that is broken or too long
};

struct ClientHelloResult {
    ClientHelloStatus status = ClientHelloStatus::NeedMore;
    /// With Found: the host name in lower case without a dot at its end. Lives in the reader.
    std::string_view name;
    std::string_view reason;  ///< with NotTls: what is wrong; a constant
};

/// Looks at the beginning of one connection as it grows. The hello may come in several records, and
/// these may be cut anywhere.
class ClientHelloReader {
  public:
    /// Not called again after anything but NeedMore. Each byte is looked at once while the hello is
    /// incomplete, and once more when it is there.
    /// @param all  everything from the connection's first byte on: what the last call had, with
    ///             more behind it. Never NeedMore when it has kClientHelloBytesMax bytes.
    ClientHelloResult read(Bytes all);

  private:
    ClientHelloResult find_hello(Bytes all);
    ClientHelloResult read_hello(Bytes all);

    std::size_t record_at_ = 0;         ///< where the record begins that is not yet read whole
    std::size_t message_bytes_ = 0;     ///< of the handshake message, in the records before that
    std::array<std::uint8_t, 4> head_;  ///< of the message: type and length
    /// Room for the longest name with a dot behind it.
    std::array<char, 254> name_;
};

}  // namespace fairlead::net
