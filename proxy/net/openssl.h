/// OpenSSL's objects with an owner, and its errors as text. Private to proxy/net, because it shows
/// OpenSSL.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/net/certificate.h"

namespace fairlead::net {

template <auto free>
struct OpensslFree {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};
using BioOwner = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using X509Owner = std::unique_ptr<X509, OpensslFree<X509_free>>;
using KeyOwner = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using StoreOwner = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;
using SslContextOwner = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;
using SslOwner = std::unique_ptr<SSL, OpensslFree<SSL_free>>;
using SslSessionOwner = std::unique_ptr<SSL_SESSION, OpensslFree<SSL_SESSION_free>>;
using CipherOwner = std::unique_ptr<EVP_CIPHER, OpensslFree<EVP_CIPHER_free>>;

/// The oldest error of this thread's queue in OpenSSL's words ("bad end line"), which is emptied;
/// `otherwise` when there is none.
std::string take_openssl_error(std::string_view otherwise);

/// Reads PEM text without a copy.
BioOwner memory_bio(std::string_view text);

WallTime wall_time_of(const ASN1_TIME* time);
/// "2026-11-25 18:00:00", UTC.
std::string day_of(WallTime time);
/// As Certificate::names() says.
std::vector<std::string> names_of(const X509& certificate);

struct Certificate::Native {
    X509Owner leaf;
    std::vector<X509Owner> chain;  ///< without the leaf
    KeyOwner key;
    std::string ocsp;  ///< DER; empty: none
};

struct TrustStore::Native {
    StoreOwner store;
    std::vector<X509Owner> certificates;  ///< whose names are sent to clients; of system() none
};

}  // namespace fairlead::net
