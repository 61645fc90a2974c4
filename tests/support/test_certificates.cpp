#include "tests/support/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>

namespace fairlead::test {
namespace {

constexpr unsigned kRsaBits = 2048;

void require(bool is_true, const char* what) {
    if (is_true) return;
    std::fprintf(stderr, "test certificates: %s does not work\n", what);
    std::abort();
}

struct Free {
    void operator()(X509* each) const { X509_free(each); }
    void operator()(EVP_PKEY* each) const { EVP_PKEY_free(each); }
    void operator()(BIO* each) const { BIO_free(each); }
};
using X509Owner = std::unique_ptr<X509, Free>;
using KeyOwner = std::unique_ptr<EVP_PKEY, Free>;
using BioOwner = std::unique_ptr<BIO, Free>;

std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(bio, &bytes);
    return {bytes, static_cast<std::size_t>(length)};
}

std::string pem_of(X509* certificate) {
    const BioOwner bio(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_X509(bio.get(), certificate) == 1, "writing a certificate");
    return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
    const BioOwner bio(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
            "writing a key");
    return text_of(bio.get());
}

KeyOwner make_key(bool is_rsa) {
    KeyOwner key(is_rsa ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{kRsaBits})
                        : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    require(key != nullptr, "making a key");
    return key;
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    require(extension != nullptr, "an extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

std::string alternatives(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) {
        const bool is_address = name.find(':') != std::string::npos ||
                                name.find_first_not_of("0123456789.") == std::string::npos;
        list += (list.empty() ? "" : ",") + std::string(is_address ? "IP:" : "DNS:") + name;
    }
    return list;
}

/// @param issuer  null: signed by itself
X509Owner sign(const MintOrder& order, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
               bool is_authority) {
    X509Owner certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    std::uint32_t serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial / 2 + 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), order.begins.count());
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), order.ends.count());
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* const subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>("Example"), -1, -1, 0);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(order.common_name.data()),
                               static_cast<int>(order.common_name.size()), -1, 0);
    X509* const signer = issuer == nullptr ? certificate.get() : issuer;
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
    extend(certificate.get(), signer, NID_basic_constraints,
           is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!order.names.empty()) {
        extend(certificate.get(), signer, NID_subject_alt_name, alternatives(order.names));
    }
    require(X509_sign(certificate.get(), issuer_key, EVP_sha256()) > 0, "signing");
    return certificate;
}

}  // namespace

struct TestAuthority::State {
    KeyOwner key;
    X509Owner certificate;
};

TestAuthority::TestAuthority(const std::string& common_name) : state_(std::make_unique<State>()) {
    state_->key = make_key(false);
    MintOrder order;
    order.common_name = common_name;
    state_->certificate = sign(order, state_->key.get(), nullptr, state_->key.get(), true);
}

TestAuthority::~TestAuthority() = default;

std::string TestAuthority::pem() const { return pem_of(state_->certificate.get()); }

MintedCertificate TestAuthority::mint(const MintOrder& order) const {
    const KeyOwner key = make_key(order.is_rsa);
    const X509Owner leaf =
        sign(order, key.get(), state_->certificate.get(), state_->key.get(), false);
    return {pem_of(leaf.get()), pem_of(key.get())};
}

MintedCertificate TestAuthority::self_signed(const MintOrder& order) {
    const KeyOwner key = make_key(order.is_rsa);
    const X509Owner leaf = sign(order, key.get(), nullptr, key.get(), false);
    return {pem_of(leaf.get()), pem_of(key.get())};
}

std::string TestAuthority::ocsp_response(const MintedCertificate& minted) const {
    const BioOwner pem(BIO_new_mem_buf(minted.cert.data(), static_cast<int>(minted.cert.size())));
    const X509Owner leaf(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
    OCSP_CERTID* const id = OCSP_cert_to_id(EVP_sha1(), leaf.get(), state_->certificate.get());
    OCSP_BASICRESP* const basic = OCSP_BASICRESP_new();
    ASN1_TIME* const now = X509_gmtime_adj(nullptr, -60);
    ASN1_TIME* const next = X509_gmtime_adj(nullptr, 7 * 24 * 3600);
    require(
        OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, nullptr, now, next) != nullptr,
        "an OCSP status");
    require(OCSP_basic_sign(basic, state_->certificate.get(), state_->key.get(), EVP_sha256(),
                            nullptr, 0) == 1,
            "signing an OCSP response");
    OCSP_RESPONSE* const response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char* der = nullptr;
    const int length = i2d_OCSP_RESPONSE(response, &der);
    std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(now);
    ASN1_TIME_free(next);
    return bytes;
}

std::string TestAuthority::encrypted(const MintedCertificate& minted,
                                     const std::string& passphrase) {
    const BioOwner pem(BIO_new_mem_buf(minted.key.data(), static_cast<int>(minted.key.size())));
    const KeyOwner key(PEM_read_bio_PrivateKey(pem.get(), nullptr, nullptr, nullptr));
    const BioOwner bio(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_PrivateKey(bio.get(), key.get(), EVP_aes_128_cbc(),
                                     reinterpret_cast<const unsigned char*>(passphrase.data()),
                                     static_cast<int>(passphrase.size()), nullptr, nullptr) == 1,
            "encrypting a key");
    return text_of(bio.get());
}

}  // namespace fairlead::test
