/// Who the client is, and what the backend is told about it.
#pragma once

#include <span>
#include <string_view>

#include "proxy/base/address.h"
#include "proxy/http/message.h"

namespace fairlead::http {

/// Removed from a peer that is not trusted: Forwarded, X-Real-IP, X-Forwarded-*, spellings with
/// `_`, Proxy (always), X-Request-Id.
bool is_identity_field(FieldId id);

/// @param peer_is_trusted  the peer's address is in trusted_proxies
/// @return the rightmost hop of X-Forwarded-For (else Forwarded: for=) that is not trusted; the
/// peer
///         when there is none or a hop on the way to it cannot be read
IpAddress client_ip(const RequestHead& head, const IpAddress& peer,
                    std::span<const IpNetwork> trusted_proxies);

/// At most 128 characters out of letters, digits and `-_.:=+/@`.
bool is_safe_request_id(std::string_view text);

}  // namespace fairlead::http
