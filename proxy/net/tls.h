/// What both ends of TLS have in common: versions, what a finished handshake has agreed on, and how
/// a stream says so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::net {

enum class TlsVersion : std::uint8_t { V1_2, V1_3 };

/// "TLSv1.2" or "TLSv1.3", as logs and metrics say it.
constexpr std::string_view name(TlsVersion version) {
    return version == TlsVersion::V1_3 ? "TLSv1.3" : "TLSv1.2";
}

/// A stream's TLS side once its handshake is done; see Stream::tls(). Asked seldom, so that a
/// connection that waits keeps nothing of this in memory of its own.
class TlsSession {
  public:
    virtual TlsVersion version() const = 0;
    /// As OpenSSL calls it: "TLS_AES_128_GCM_SHA256".
    virtual std::string_view cipher() const = 0;
    /// Agreed by ALPN: "h2", "http/1.1"; empty when nothing was.
    virtual std::string_view protocol() const = 0;
    /// The name the client asked for (SNI), lower case, without a trailing dot; empty when it named
    /// none. On a connection of ours the name we asked for.
    virtual std::string_view server_name() const = 0;
    /// An earlier session went on, with its ticket: no certificate was shown.
    virtual bool is_resumed() const = 0;
    /// The other side has shown a certificate, and it was verified.
    virtual bool has_peer_certificate() const = 0;
    /// Its subject as RFC 4514 writes it ("CN=alice,O=Example"), control characters escaped; empty
    /// without one.
    virtual std::string peer_subject() const = 0;
    /// The certificate in DER; empty without one.
    virtual std::string peer_certificate_der() const = 0;

  protected:
    ~TlsSession() = default;
};

}  // namespace fairlead::net
