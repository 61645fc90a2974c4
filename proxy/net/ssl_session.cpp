#include "proxy/net/ssl_session.h"

#include <algorithm>

#include "proxy/base/text.h"

namespace fairlead::net {

TlsVersion SslSession::version() const {
    return SSL_version(ssl_.get()) == TLS1_3_VERSION ? TlsVersion::V1_3 : TlsVersion::V1_2;
}

std::string_view SslSession::cipher() const { return SSL_get_cipher_name(ssl_.get()); }

std::string_view SslSession::protocol() const {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &length);
    return {reinterpret_cast<const char*>(name), length};
}

std::string_view SslSession::server_name() const {
    if (server_name_ != nullptr) return *server_name_;
    const char* const asked = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    std::string_view name = asked == nullptr ? std::string_view() : asked;
    if (name.ends_with('.')) name.remove_suffix(1);
    const bool is_lower =
        std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (is_lower) return name;
    server_name_ = std::make_unique<std::string>(to_lower(name));
    return *server_name_;
}

bool SslSession::is_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

bool SslSession::has_peer_certificate() const {
    return SSL_get0_peer_certificate(ssl_.get()) != nullptr &&
           SSL_get_verify_result(ssl_.get()) == X509_V_OK;
}

std::string SslSession::peer_subject() const {
    X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr) return {};
    const BioOwner text(BIO_new(BIO_s_mem()));
    // By the name of what RFC 4514 has replaced; escapes control characters and what is not ASCII.
    X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(length)};
}

std::string SslSession::peer_certificate_der() const {
    X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr) return {};
    unsigned char* der = nullptr;
    const int length = i2d_X509(certificate, &der);
    if (length <= 0) return {};
    std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return bytes;
}

}  // namespace fairlead::net
