/// What backends are told of the certificate a client has shown.
#pragma once

#include "conf/model.h"
#include "proxy/l7/head_rewrite.h"
#include "proxy/net/tls.h"

namespace fairlead::l7 {

/// The listener asks clients for certificates: the fields that tell of them are its own to write.
bool asks_for_certificates(const conf::Listener& listener);

/// Empty when the client has shown none. A certificate that would not fit a header field (longer
/// than 16 KiB when encoded) is told by its subject alone.
ClientCertificate client_certificate(const net::TlsSession& session);

}  // namespace fairlead::l7
