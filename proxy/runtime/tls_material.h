/// The certificates of a model as proxy/net takes them. Any thread.
#pragma once

#include <vector>

#include "conf/model.h"
#include "proxy/base/clock.h"
#include "proxy/base/error.h"
#include "proxy/base/result.h"
#include "proxy/net/tls_client.h"
#include "proxy/net/tls_server.h"

namespace fairlead::runtime {

/// All but `tickets`, which are the process's own.
/// @param listener  with `tls`
/// @return every certificate that cannot be used, with its place
Many<net::TlsServerSettings> tls_server_settings(const conf::Listener& listener);
/// @param pool  with `tls`
Many<net::TlsClientSettings> tls_client_settings(const conf::Pool& pool);
/// Asked for and verified at this backend; empty for a unix socket without `sni`.
std::string tls_name(const conf::Pool& pool, const conf::Backend& backend);

struct TlsFindings {
    std::vector<Error> errors;
    std::vector<Error> warnings;  ///< expired, expires soon, for no name; two that are the same
};
/// Makes everything once, so that what is found good here can be used.
TlsFindings check_tls(const conf::Model& model, WallTime now);

}  // namespace fairlead::runtime
