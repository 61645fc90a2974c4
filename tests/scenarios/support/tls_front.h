/// A way into a balancer's TLS listener for a client that speaks in clear: a second balancer that
/// relays its bytes and encrypts them.
#pragma once

#include <cstdint>
#include <string>

#include "tests/scenarios/support/balancer.h"
#include "tests/scenarios/support/certificates.h"

namespace fairlead::scenarios {

class TlsFront {
  public:
    /// @param certificates  whose authority has signed what `behind` shows
    /// @param name          that `behind` is asked for
    TlsFront(const Certificates& certificates, const std::string& name, const Balancer& behind)
        : relay_{{.backends = {"127.0.0.1:" + std::to_string(behind.port())},
                  .pool = "tls = { ca = \"" + certificates.path("ca.pem") + "\", sni = \"" + name +
                          "\" }\n",
                  .listener = "mode = \"tcp\"\n"}} {}

    std::uint16_t port() const { return relay_.port(); }

  private:
    const Balancer relay_;
};

}  // namespace fairlead::scenarios
