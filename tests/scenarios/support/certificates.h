/// Certificates in files, for a balancer that shows them or trusts them.
#pragma once

#include <fstream>
#include <string>

#include "tests/scenarios/support/balancer.h"
#include "tests/support/test_certificates.h"

namespace fairlead::scenarios {

using fairlead::test::MintedCertificate;
using fairlead::test::MintOrder;
using fairlead::test::TestAuthority;

/// A folder with an authority and what it has signed.
class Certificates {
  public:
    Certificates() { write("ca.pem", authority.pem()); }

    std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name)) << text;
    }
    void put(const std::string& name, const MintedCertificate& minted) const {
        write(name, minted.cert + minted.key);
    }
    void mint(const std::string& name, const MintOrder& order) const {
        put(name, authority.mint(order));
    }

    TestAuthority authority;

  private:
    TemporaryDirectory folder_;
};

/// A line of a listener that shows this file; `more` is of its `tls`.
inline std::string listener_tls(const std::string& path, const std::string& more = "") {
    return "tls = { certificates = \"" + path + "\"" + more + " }\n";
}

}  // namespace fairlead::scenarios
