#include "proxy/net/certificate.h"

#include <string>

#include "tests/net/tls_ends.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;

namespace {

/// The text of the error; empty when it was taken.
std::string refusal(const CertificateText& text) {
    const auto certificate = Certificate::parse(text);
    if (certificate) return "";
    return certificate.error().message + "; " + certificate.error().hint;
}

}  // namespace

TEST_CASE("a certificate tells whom it is for, how long, and of what kind it is") {
    const TestAuthority authority;
    MintOrder order;
    order.names = {"Site.Example", "*.site.example", "127.0.0.1", "::1"};
    const auto certificate = parsed(authority.mint(order));
    CHECK(certificate->names() ==
          std::vector<std::string>{"site.example", "*.site.example", "127.0.0.1", "::1"});
    CHECK(certificate->key_type() == "ECDSA");
    CHECK(certificate->not_before() < wall_now());
    CHECK(certificate->not_after() > wall_now() + std::chrono::hours{24 * 89});
    CHECK(certificate->warnings(wall_now()).empty());

    order.is_rsa = true;
    CHECK(parsed(authority.mint(order))->key_type() == "RSA");
    CHECK(parsed(authority.mint({{}, "host.example"}))->names() ==
          std::vector<std::string>{"host.example"});
}

TEST_CASE("one file may hold the certificate, what leads up to its authority, and the key") {
    const TestAuthority authority;
    const MintedCertificate minted = authority.mint({{"site.example"}});
    CHECK(refusal({"all.pem", minted.cert + authority.pem() + minted.key, "", "", "", ""}) == "");
    CHECK(refusal({"all.pem", minted.key + minted.cert, "", "", "", ""}) == "");
}

TEST_CASE("what can never work as a certificate is refused with its cure") {
    const TestAuthority authority;
    const MintedCertificate one = authority.mint({{"one.example"}});
    const MintedCertificate two = authority.mint({{"two.example"}});

    CHECK(
        refusal({"one.pem", one.cert, "two.key", two.key, "", ""})
            .starts_with("the key in two.key does not belong to the first certificate in one.pem"));
    CHECK(refusal({"one.pem", authority.pem() + one.cert, "one.key", one.key, "", ""})
              .find("a chain begins with the server's own certificate") != std::string::npos);
    CHECK(refusal({"one.pem", "hello", "one.key", one.key, "", ""})
              .starts_with("one.pem has no certificate in PEM form"));
    CHECK(refusal({"one.pem", one.cert, "one.key", "hello", "", ""})
              .starts_with("one.key has no private key in PEM form"));
    CHECK(refusal({"one.pem", one.cert, "", "", "", ""})
              .starts_with("one.pem has a certificate and no private key"));
    CHECK(refusal({"one.pem", one.cert, "one.key",
                   "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "", ""})
              .starts_with("the key in one.key is damaged"));
    CHECK(refusal({"one.pem", one.cert, "one.key", TestAuthority::encrypted(one, "secret"), "", ""})
              .starts_with("the key in one.key is protected by a passphrase"));
    std::string cut = one.cert;
    cut.resize(cut.size() / 2);
    CHECK(refusal({"one.pem", cut, "one.key", one.key, "", ""}).starts_with("one.pem has no "));
}

TEST_CASE("an OCSP response is about its certificate") {
    const TestAuthority authority;
    const MintedCertificate one = authority.mint({{"one.example"}});
    const MintedCertificate two = authority.mint({{"two.example"}});
    const std::string response = authority.ocsp_response(one);
    CHECK(refusal({"one.pem", one.cert, "one.key", one.key, "one.ocsp", response}) == "");
    CHECK(refusal({"two.pem", two.cert, "two.key", two.key, "one.ocsp", response})
              .starts_with("the OCSP response in one.ocsp is not about"));
    CHECK(refusal({"one.pem", one.cert, "one.key", one.key, "one.ocsp", "hello"})
              .starts_with("one.ocsp is no successful OCSP response"));
}

TEST_CASE("a certificate that is good for nobody now is a warning") {
    using std::chrono::hours;
    const TestAuthority authority;
    const auto warning = [&](hours begins, hours ends) {
        MintOrder order{{"site.example"}};
        order.begins = begins;
        order.ends = ends;
        const std::vector<std::string> found = parsed(authority.mint(order))->warnings(wall_now());
        return found.empty() ? std::string() : found.front();
    };
    CHECK(warning(hours{-48}, hours{-24}).starts_with("the certificate in site.pem expired at 2"));
    CHECK(warning(hours{-48}, hours{49}).ends_with("in 2 days"));
    CHECK(warning(hours{24}, hours{2400}).find("is not valid before") != std::string::npos);
    CHECK(warning(hours{-24}, hours{24 * 15}) == "");
}

TEST_CASE("trusted authorities are told apart by a digest") {
    const TestAuthority one, two;
    CHECK(trusting(one)->digest() == trusting(one)->digest());
    CHECK(trusting(one)->digest() != trusting(two)->digest());
    const auto none = TrustStore::parse("ca.pem", "hello");
    REQUIRE(!none);
    CHECK(none.error().message.starts_with("ca.pem has no certificate in PEM form"));
}
