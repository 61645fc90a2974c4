#include "proxy/net/self_signed.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>

#include "proxy/net/openssl.h"

namespace fairlead::net {
namespace {

constexpr long kBegins = -3600;  // seconds from now
constexpr long kEnds = 10L * 24 * 3600;

bool fill(X509* certificate, EVP_PKEY* key, const std::string& common_name) {
    std::uint32_t serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
    X509_NAME* const name = X509_get_subject_name(certificate);
    const auto* const text = reinterpret_cast<const unsigned char*>(common_name.data());
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const std::string names = "DNS:" + common_name;
    X509_EXTENSION* const extension =
        X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, names.c_str());
    if (extension == nullptr) return false;
    const bool is_added = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added && X509_set_version(certificate, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial / 2 + 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), kBegins) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), kEnds) != nullptr &&
           X509_set_pubkey(certificate, key) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text,
                                      static_cast<int>(common_name.size()), -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

Result<std::string> make_self_signed(const std::string& common_name) {
    const KeyOwner key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    const X509Owner certificate(X509_new());
    const BioOwner out(BIO_new(BIO_s_mem()));
    if (key == nullptr || certificate == nullptr || out == nullptr ||
        !fill(certificate.get(), key.get(), common_name) ||
        PEM_write_bio_X509(out.get(), certificate.get()) != 1 ||
        PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
            1) {
        return fail("cannot make a certificate: " + take_openssl_error("OpenSSL says nothing"));
    }
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(out.get(), &bytes);
    return std::string(bytes, static_cast<std::size_t>(length));
}

}  // namespace fairlead::net
