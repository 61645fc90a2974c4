#include "proxy/net/certificate.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "proxy/base/text.h"
#include "proxy/net/openssl.h"

namespace fairlead::net {
namespace {

constexpr std::chrono::hours kExpiresSoon{14 * 24};

/// A key with a passphrase would have it asked for on the terminal.
int refuse_passphrase(char*, int, int, void* was_asked) {
    *static_cast<bool*>(was_asked) = true;
    return -1;
}

/// All certificates of a text; none when one of them cannot be read.
std::vector<X509Owner> read_certificates(std::string_view pem) {
    std::vector<X509Owner> certificates;
    const BioOwner bio = memory_bio(pem);
    while (X509Owner each{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
        certificates.push_back(std::move(each));
    }
    // The end of the text is an error too, and the only good one.
    const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (!is_end) certificates.clear();
    ERR_clear_error();
    return certificates;
}

std::string_view type_of(const EVP_PKEY* key) {
    switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_EC:
            return "ECDSA";
        case EVP_PKEY_RSA:
            return "RSA";
        case EVP_PKEY_ED25519:
            return "Ed25519";
        default:
            return "other";
    }
}

Result<KeyOwner> read_key(const CertificateText& text) {
    const std::string& path = text.key.empty() ? text.cert_path : text.key_path;
    const BioOwner bio = memory_bio(text.key.empty() ? text.cert : text.key);
    bool is_encrypted = false;
    KeyOwner key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &refuse_passphrase, &is_encrypted));
    if (key != nullptr) return key;
    if (is_encrypted) {
        ERR_clear_error();
        return fail(
            fmt::format("the key in {} is protected by a passphrase", path),
            fmt::format("nobody is there to type it: openssl pkey -in {} -out plain.key", path));
    }
    const bool has_none =
        (text.key.empty() ? text.cert : text.key).find("PRIVATE KEY-----") == std::string::npos;
    const std::string reason = take_openssl_error("it cannot be read");
    if (has_none && text.key.empty()) {
        return fail(fmt::format("{} has a certificate and no private key", path),
                    "name the key's file in \"key\", or put both into one file");
    }
    if (has_none) {
        return fail(fmt::format("{} has no private key in PEM form", path),
                    "it begins with -----BEGIN PRIVATE KEY-----");
    }
    return fail(fmt::format("the key in {} is damaged: {}", path, reason),
                "openssl pkey -noout -in FILE says more");
}

/// An OCSP response that is about another certificate would be refused by every client.
Result<void> check_ocsp(const CertificateText& text, X509* leaf) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.ocsp.data());
    OCSP_RESPONSE* const response =
        d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(text.ocsp.size()));
    OCSP_BASICRESP* const basic =
        response == nullptr ? nullptr : OCSP_response_get1_basic(response);
    bool is_about_it = false;
    for (int i = 0; basic != nullptr && i < OCSP_resp_count(basic); ++i) {
        ASN1_INTEGER* serial = nullptr;
        OCSP_id_get0_info(
            nullptr, nullptr, nullptr, &serial,
            const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(OCSP_resp_get0(basic, i))));
        if (serial != nullptr && ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(leaf)) == 0) {
            is_about_it = true;
        }
    }
    const bool is_response = basic != nullptr;
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    if (!is_response) {
        return fail(fmt::format("{} is no successful OCSP response in DER form", text.ocsp_path),
                    "openssl ocsp -respout FILE writes one");
    }
    if (!is_about_it) {
        return fail(fmt::format("the OCSP response in {} is not about the certificate in {}",
                                text.ocsp_path, text.cert_path),
                    "ask for it again with this certificate");
    }
    return {};
}

}  // namespace

Certificate::Certificate() : native_(std::make_unique<Native>()) {}
Certificate::~Certificate() = default;

Result<std::shared_ptr<const Certificate>> Certificate::parse(const CertificateText& text) {
    std::shared_ptr<Certificate> certificate(new Certificate);
    Native& native = *certificate->native_;
    std::vector<X509Owner> chain = read_certificates(text.cert);
    if (chain.empty()) {
        return fail(fmt::format("{} has no certificate in PEM form", text.cert_path),
                    "it begins with -----BEGIN CERTIFICATE-----, the server's own first");
    }
    native.leaf = std::move(chain.front());
    chain.erase(chain.begin());
    native.chain = std::move(chain);
    Result<KeyOwner> key = read_key(text);
    if (!key) return tl::unexpected(std::move(key).error());
    native.key = std::move(*key);
    if (X509_check_private_key(native.leaf.get(), native.key.get()) != 1) {
        ERR_clear_error();
        const std::string& key_path = text.key.empty() ? text.cert_path : text.key_path;
        return fail(fmt::format("the key in {} does not belong to the first certificate in {}",
                                key_path, text.cert_path),
                    "a chain begins with the server's own certificate; or the two were mixed up");
    }
    if (!text.ocsp.empty()) {
        if (auto checked = check_ocsp(text, native.leaf.get()); !checked) {
            return tl::unexpected(std::move(checked).error());
        }
        native.ocsp = text.ocsp;
    }
    certificate->names_ = names_of(*native.leaf);
    certificate->not_before_ = wall_time_of(X509_get0_notBefore(native.leaf.get()));
    certificate->not_after_ = wall_time_of(X509_get0_notAfter(native.leaf.get()));
    certificate->key_type_ = type_of(native.key.get());
    certificate->path_ = text.cert_path;
    return std::shared_ptr<const Certificate>(std::move(certificate));
}

std::vector<std::string> Certificate::warnings(WallTime now) const {
    std::vector<std::string> found;
    if (now >= not_after_) {
        found.push_back(
            fmt::format("the certificate in {} expired at {} UTC", path_, day_of(not_after_)));
    } else if (now + kExpiresSoon >= not_after_) {
        found.push_back(fmt::format(
            "the certificate in {} expires at {} UTC, in {} days", path_, day_of(not_after_),
            std::chrono::duration_cast<std::chrono::hours>(not_after_ - now).count() / 24));
    }
    if (now < not_before_) {
        found.push_back(fmt::format("the certificate in {} is not valid before {} UTC", path_,
                                    day_of(not_before_)));
    }
    if (names_.empty()) {
        found.push_back(
            fmt::format("the certificate in {} is for no name: clients refuse it", path_));
    }
    return found;
}

TrustStore::TrustStore() : native_(std::make_unique<Native>()) {}
TrustStore::~TrustStore() = default;

Result<std::shared_ptr<const TrustStore>> TrustStore::parse(const std::string& path,
                                                            std::string_view pem) {
    std::shared_ptr<TrustStore> trust(new TrustStore);
    Native& native = *trust->native_;
    native.store.reset(X509_STORE_new());
    native.certificates = read_certificates(pem);
    if (native.certificates.empty()) {
        return fail(fmt::format("{} has no certificate in PEM form", path),
                    "it begins with -----BEGIN CERTIFICATE-----");
    }
    EVP_MD_CTX* const digest = EVP_MD_CTX_new();
    EVP_DigestInit_ex(digest, EVP_sha256(), nullptr);
    for (const X509Owner& each : native.certificates) {
        X509_STORE_add_cert(native.store.get(), each.get());
        unsigned char* der = nullptr;
        const int length = i2d_X509(each.get(), &der);
        if (length > 0) EVP_DigestUpdate(digest, der, static_cast<std::size_t>(length));
        OPENSSL_free(der);
    }
    std::array<char, SHA256_DIGEST_LENGTH> sum{};
    EVP_DigestFinal_ex(digest, reinterpret_cast<unsigned char*>(sum.data()), nullptr);
    EVP_MD_CTX_free(digest);
    trust->digest_.assign(sum.data(), sum.size());
    ERR_clear_error();
    return std::shared_ptr<const TrustStore>(std::move(trust));
}

Result<std::shared_ptr<const TrustStore>> TrustStore::system() {
    std::shared_ptr<TrustStore> trust(new TrustStore);
    trust->native_->store.reset(X509_STORE_new());
    if (X509_STORE_set_default_paths(trust->native_->store.get()) != 1) {
        return fail("the system's certificate authorities cannot be read: " +
                        take_openssl_error("unknown reason"),
                    "install ca-certificates, or name a file in \"ca\"");
    }
    ERR_clear_error();
    return std::shared_ptr<const TrustStore>(std::move(trust));
}

}  // namespace fairlead::net
