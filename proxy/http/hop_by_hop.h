/// Which fields end at this proxy (RFC 9110 section 7.6.1).
#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/http/message.h"

namespace fairlead::http {

/// Always removed in both directions (what of them is needed is made anew by the writer).
inline constexpr std::uint64_t kHopByHop =
    field_bit(FieldId::Connection) | field_bit(FieldId::KeepAlive) |
    field_bit(FieldId::ProxyConnection) | field_bit(FieldId::Te) | field_bit(FieldId::Trailer) |
    field_bit(FieldId::TransferEncoding) | field_bit(FieldId::Upgrade) |
    field_bit(FieldId::ProxyAuthenticate) | field_bit(FieldId::ProxyAuthorization);
constexpr bool is_hop_by_hop(FieldId id) { return (kHopByHop & field_bit(id)) != 0; }

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
