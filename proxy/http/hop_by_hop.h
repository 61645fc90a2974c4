/// Which fields end at this proxy (RFC 9110 section 7.6.1).
#pragma once

#include <string_view>

#include "proxy/http/message.h"

namespace fairlead::http {

/// Always removed in both directions: Connection, Keep-Alive, Proxy-Connection, TE, Trailer,
/// Transfer-Encoding, Upgrade, Proxy-Authenticate, Proxy-Authorization (what of them is needed is
/// made anew by the writer).
bool is_hop_by_hop(FieldId id);

/// Answers "does a Connection field of this head name that field?". Cheap when Connection holds
/// only the usual words (close, keep-alive, upgrade, te).
class ConnectionNames {
  public:
    explicit ConnectionNames(const HeadBase& head);
    bool has_names() const { return has_names_; }
    /// False for the protected fields, which cannot be named away: Host, Content-Length,
    /// Transfer-Encoding, Authorization, Cookie, and the forwarding fields.
    bool names(const Field& field) const;

  private:
    const HeadBase& head_;
    bool has_names_ = false;
};

/// Does the comma-separated list hold `word` (any case)?
bool list_has(std::string_view list, std::string_view word);

}  // namespace fairlead::http
