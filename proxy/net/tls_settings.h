/// What both sides of TLS set alike. Private to proxy/net, because it shows OpenSSL.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/net/certificate.h"
#include "proxy/net/tls.h"

namespace fairlead::net {

/// Ciphers and groups as Mozilla's "intermediate" profile (version 5.7) has them, without DHE: all
/// with forward secrecy and authenticated encryption. Buffers are given back while nothing moves.
/// Sessions are in nobody's memory but the client's.
void set_common(SSL_CTX& context, TlsVersion min);

/// Shows this certificate, beside others with other kinds of keys.
Result<void> use_certificate(SSL_CTX& context, const Certificate& certificate);

/// Why a certificate was refused, in OpenSSL's words ("certificate has expired") and with what
/// helps: since when, or for whom it is.
std::string describe_refusal(X509_STORE_CTX& checked);

/// Why OpenSSL does not go on with a handshake, by its oldest error: in its words, or in ours for
/// what is no TLS and for alerts, which the other side has sent.
std::string describe_handshake_error();

/// As ALPN writes a list on the wire (RFC 7301 section 3.1).
std::string alpn_list(const std::vector<std::string>& protocols);

}  // namespace fairlead::net
