/// The certificates of a model as proxy/net takes them. Any thread.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conf/model.h"
#include "proxy/base/clock.h"
#include "proxy/base/error.h"
#include "proxy/base/result.h"
#include "proxy/net/tls_client.h"
#include "proxy/net/tls_server.h"

namespace fairlead::runtime {

/// What files of certificates and authorities hold, parsed once for all who ask: a configuration's
/// check and its use, and listeners that show the same one. One thread at a time.
class TlsMaterial {
  public:
    /// All but `tickets`, which are the process's own.
    /// @param listener  with `tls`
    /// @return every certificate that cannot be used, with its place
    Many<net::TlsServerSettings> server_settings(const conf::Listener& listener);
    /// @param pool  with `tls`
    Many<net::TlsClientSettings> client_settings(const conf::Pool& pool);

  private:
    using File = std::shared_ptr<const conf::FileContent>;  ///< null: there is none
    using Files = std::array<File, 3>;                      ///< certificate, key, OCSP response
    Result<std::shared_ptr<const net::Certificate>> certificate(const Files& files);
    /// @param file  null: the system's
    Result<std::shared_ptr<const net::TrustStore>> authorities(const File& file);

    // A load reads each file once, so the same content is the same object.
    std::map<Files, std::shared_ptr<const net::Certificate>> certificates_;
    std::map<File, std::shared_ptr<const net::TrustStore>> authorities_;
};

/// Asked for and verified at this backend; empty for a unix socket without `sni`.
std::string tls_name(const conf::Pool& pool, const conf::Backend& backend);

struct TlsFindings {
    std::vector<Error> errors;
    std::vector<Error> warnings;  ///< expired, expires soon, for no name; two that are the same
};
/// Makes everything once, so that what is found good here can be used.
/// @param material  learns what the model's files hold
TlsFindings check_tls(const conf::Model& model, WallTime now, TlsMaterial& material);

}  // namespace fairlead::runtime
