/// TLS towards backends.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/net/certificate.h"
#include "proxy/net/stream.h"
#include "proxy/net/tls.h"

namespace fairlead::net {

class Loop;

struct TlsClientSettings {
    bool verify = true;                              ///< chain and name
    std::shared_ptr<const TrustStore> authorities;   ///< null with verify: the system's
    std::shared_ptr<const Certificate> certificate;  ///< shown when asked for; null: none
    std::vector<std::string> protocols;              ///< ALPN; empty: not sent
    TlsVersion min = TlsVersion::V1_2;
    /// Sessions are kept and used again, per name of connect_tls(). Off for probes: they shall see
    /// the whole handshake.
    bool reuses_sessions = true;
};

/// One thread's TLS for one pool (or probe, or generator). Streams made from it keep it alive.
class TlsClient {
  public:
    static Result<std::shared_ptr<TlsClient>> make(TlsClientSettings settings);
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    const TlsClientSettings& settings() const { return settings_; }

    struct Native;  // proxy/net only
    Native& native() { return *native_; }

  private:
    explicit TlsClient(TlsClientSettings settings);
    TlsClientSettings settings_;
    std::unique_ptr<Native> native_;
};

/// A TLS stream over `stream`, which is connected and on which nothing has been said. The handshake
/// begins at once; the observer hears on_connected when it is done and the certificate was found
/// good, on_broken(TlsFailed) otherwise (tls_error() of tls_server.h has the reason), never before
/// this returns. Bytes that come before the handshake is done break it.
/// @param name         SNI, and the name that is verified; an IP address is verified and not sent
/// @param session_key  sessions are kept by it: connections that may share them have the same
std::unique_ptr<Stream> connect_tls(Loop& loop, std::shared_ptr<TlsClient> client,
                                    std::unique_ptr<Stream> stream, std::string_view name,
                                    std::string_view session_key, StreamObserver& observer);

}  // namespace fairlead::net
