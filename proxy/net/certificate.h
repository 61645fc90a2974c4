/// Certificates, keys and trusted authorities as they come out of PEM files: checked, immutable,
/// shared by all threads (OpenSSL counts their uses with atomics).
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/base/result.h"

namespace fairlead::net {

/// The content of files, and what errors call them.
struct CertificateText {
    std::string cert_path;
    std::string cert;  ///< PEM: the leaf first, then what leads up to its authority
    std::string key_path;
    std::string key;        ///< PEM; empty: the key is in `cert`, as HAProxy keeps it
    std::string ocsp_path;  ///< empty: no OCSP response is stapled
    std::string ocsp;       ///< DER
};

/// A chain with the key of its leaf. What OpenSSL has of it stays behind proxy/net.
class Certificate {
  public:
    /// Refuses what can never work: nothing but a certificate or a key in the file, an encrypted
    /// key, a key that belongs to another certificate, an OCSP response for another one. Texts are
    /// of the form `site.key does not belong to the certificate in site.pem`, with the cure.
    static Result<std::shared_ptr<const Certificate>> parse(const CertificateText& text);
    ~Certificate();
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;

    /// Names it is good for, lower case: DNS names of subjectAltName ("*.example.com" among them)
    /// and IP addresses; the common name when there are none.
    const std::vector<std::string>& names() const { return names_; }
    WallTime not_before() const { return not_before_; }
    WallTime not_after() const { return not_after_; }
    /// "ECDSA", "RSA", "Ed25519": certificates of one name may stand side by side when these
    /// differ.
    std::string_view key_type() const { return key_type_; }
    const std::string& path() const { return path_; }  ///< of its file
    /// What is no reason to refuse it: expired, not valid yet, expires within 14 days, no names.
    std::vector<std::string> warnings(WallTime now) const;

    struct Native;  // proxy/net only
    const Native& native() const { return *native_; }

  private:
    Certificate();
    std::unique_ptr<Native> native_;
    std::vector<std::string> names_;
    WallTime not_before_{};
    WallTime not_after_{};
    std::string_view key_type_;
    std::string path_;
};

/// Authorities that certificates of the other side are checked against.
class TrustStore {
  public:
    /// @param path  what errors call it
    /// @param pem   one or more certificates
    static Result<std::shared_ptr<const TrustStore>> parse(const std::string& path,
                                                           std::string_view pem);
    /// The system's.
    static Result<std::shared_ptr<const TrustStore>> system();
    ~TrustStore();
    TrustStore(const TrustStore&) = delete;
    TrustStore& operator=(const TrustStore&) = delete;

    /// SHA-256 over the certificates, so that tickets can be bound to them; of system() empty.
    const std::string& digest() const { return digest_; }

    struct Native;  // proxy/net only
    const Native& native() const { return *native_; }

  private:
    TrustStore();
    std::unique_ptr<Native> native_;
    std::string digest_;
};

}  // namespace fairlead::net
