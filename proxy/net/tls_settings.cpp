#include "proxy/net/tls_settings.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>
#include <cassert>

#include "proxy/net/openssl.h"

namespace fairlead::net {
namespace {

constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
/// The first is known from OpenSSL 3.5 on: what is recorded today is safe from the computers of
/// tomorrow.
constexpr const char* kGroupsHybrid = "X25519MLKEM768:X25519:P-256:P-384";
constexpr const char* kGroups = "X25519:P-256:P-384";
/// For as long as the older half of the ticket secrets opens tickets at least.
constexpr long kSessionSeconds = 12 * 60 * 60;
constexpr std::size_t kNamesShown = 5;

}  // namespace

void set_common(SSL_CTX& context, TlsVersion min) {
    SSL_CTX_set_min_proto_version(&context,
                                  min == TlsVersion::V1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    [[maybe_unused]] const bool are_known = SSL_CTX_set_cipher_list(&context, kCiphers) == 1 &&
                                            SSL_CTX_set_ciphersuites(&context, kCiphers13) == 1;
    assert(are_known);
    if (SSL_CTX_set1_groups_list(&context, kGroupsHybrid) != 1) {
        SSL_CTX_set1_groups_list(&context, kGroups);
    }
    SSL_CTX_set_options(&context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(&context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(&context, kSessionSeconds);
    ERR_clear_error();
}

Result<void> use_certificate(SSL_CTX& context, const Certificate& certificate) {
    const Certificate::Native& native = certificate.native();
    bool is_fine = SSL_CTX_use_certificate(&context, native.leaf.get()) == 1 &&
                   SSL_CTX_use_PrivateKey(&context, native.key.get()) == 1;
    for (const X509Owner& each : native.chain) {
        is_fine = is_fine && SSL_CTX_add1_chain_cert(&context, each.get()) == 1;
    }
    if (is_fine) return {};
    return fail(fmt::format("the certificate in {} cannot be used: {}", certificate.path(),
                            take_openssl_error("unknown reason")),
                "keys of RSA need 2048 bits or more, signatures SHA-256 or better");
}

std::string describe_refusal(X509_STORE_CTX& checked) {
    const int error = X509_STORE_CTX_get_error(&checked);
    std::string reason = X509_verify_cert_error_string(error);
    X509* const certificate = X509_STORE_CTX_get_current_cert(&checked);
    switch (error) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            reason +=
                fmt::format(" at {} UTC", day_of(wall_time_of(X509_get0_notAfter(certificate))));
            break;
        case X509_V_ERR_CERT_NOT_YET_VALID:
            reason += fmt::format(": valid from {} UTC on",
                                  day_of(wall_time_of(X509_get0_notBefore(certificate))));
            break;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH: {
            std::vector<std::string> names = names_of(*X509_STORE_CTX_get0_cert(&checked));
            if (names.size() > kNamesShown) names.resize(kNamesShown);
            for (std::string& each : names) {  // written by a stranger
                std::replace_if(
                    each.begin(), each.end(), [](char c) { return c <= ' ' || c > '~'; }, '?');
            }
            reason += names.empty() ? ": it is for no name"
                                    : fmt::format(": it is for {}", fmt::join(names, ", "));
            break;
        }
        default:
            break;
    }
    return reason;
}

std::string describe_handshake_error() {
    const int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason == SSL_R_HTTP_REQUEST) return "the other side speaks plain HTTP";
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_UNKNOWN_PROTOCOL) {
        return "the other side speaks no TLS";
    }
    std::string text = take_openssl_error("the handshake cannot go on");
    if (reason <= SSL_AD_REASON_OFFSET) return text;
    // OpenSSL's words: "sslv3 alert bad certificate", whatever the version.
    const std::size_t word = text.find("alert ");
    return "the other side refused it: " +
           (word == std::string::npos ? text : text.substr(word + 6));
}

std::string alpn_list(const std::vector<std::string>& protocols) {
    std::string list;
    for (const std::string& protocol : protocols) {
        list += static_cast<char>(protocol.size());
        list += protocol;
    }
    return list;
}

}  // namespace fairlead::net
