/// What the two ends of an SSL object have agreed on, as the rest of the product asks for it.
/// Private to proxy/net, because it shows OpenSSL.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "proxy/net/openssl.h"
#include "proxy/net/tls.h"

namespace fairlead::net {

class SslSession : public TlsSession {
  public:
    TlsVersion version() const override;
    std::string_view cipher() const override;
    std::string_view protocol() const override;
    std::string_view server_name() const override;
    bool is_resumed() const override;
    bool has_peer_certificate() const override;
    std::string peer_subject() const override;
    std::string peer_certificate_der() const override;

  protected:
    explicit SslSession(SslOwner ssl) : ssl_(std::move(ssl)) {}
    ~SslSession() = default;
    SSL* ssl() const { return ssl_.get(); }

  private:
    const SslOwner ssl_;
    mutable std::unique_ptr<std::string> server_name_;  ///< when it is not as the client wrote it
};

}  // namespace fairlead::net
