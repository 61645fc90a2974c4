/// Certificates for tests, made when they are needed: nothing in the tree expires.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace fairlead::test {

struct MintedCertificate {
    std::string cert;  ///< PEM: only the leaf
    std::string key;   ///< PEM
};

struct MintOrder {
    /// DNS names, and IP addresses, which are told by their look.
    std::vector<std::string> names;
    std::string common_name = "test";
    /// From now; negative for what has been.
    std::chrono::seconds begins{-3600};
    std::chrono::seconds ends{90 * 24 * 3600};
    bool is_rsa = false;  ///< otherwise ECDSA with P-256
};

/// Signs with a P-256 key of its own. Aborts when OpenSSL does not do what it is asked for.
class TestAuthority {
  public:
    explicit TestAuthority(const std::string& common_name = "test authority");
    ~TestAuthority();
    TestAuthority(const TestAuthority&) = delete;
    TestAuthority& operator=(const TestAuthority&) = delete;

    /// Its own certificate, PEM.
    std::string pem() const;
    MintedCertificate mint(const MintOrder& order) const;
    /// Says that a certificate it minted is good, for a week. DER.
    std::string ocsp_response(const MintedCertificate& minted) const;
    /// Signed by itself.
    static MintedCertificate self_signed(const MintOrder& order);
    /// The private key under a passphrase.
    static std::string encrypted(const MintedCertificate& minted, const std::string& passphrase);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fairlead::test
