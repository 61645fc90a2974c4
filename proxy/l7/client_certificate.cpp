#include "proxy/l7/client_certificate.h"

#include "proxy/base/base64.h"

namespace fairlead::l7 {
namespace {

constexpr std::size_t kEncodedMax = 16 * 1024;

}  // namespace

bool asks_for_certificates(const conf::Listener& listener) {
    return listener.tls && listener.tls->client_auth != conf::ClientAuth::Off;
}

ClientCertificate client_certificate(const net::TlsSession& session) {
    ClientCertificate told;
    if (!session.has_peer_certificate()) return told;
    told.subject = session.peer_subject();
    // RFC 8941 section 3.3.5: a byte sequence stands between colons.
    std::string encoded = ":" + to_base64(session.peer_certificate_der()) + ":";
    if (encoded.size() <= kEncodedMax) told.encoded = std::move(encoded);
    return told;
}

}  // namespace fairlead::l7
