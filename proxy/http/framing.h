/// What the fields of a complete head say about its body and its connection (RFC 9112 sections 6
/// and 9). Everything ambiguous is refused: guessing lets requests be smuggled.
#pragma once

#include "proxy/http/message.h"

namespace fairlead::http {

/// Sets body, keep_alive, has_upgrade and expects_continue; checks Host. Reasons as for a 400.
/// @param lengths  how often the body's length was said, by several fields or in a list
HeadError settle_request(RequestHead& head, unsigned& lengths);

/// Sets body, keep_alive and has_upgrade. Reasons as for a 400: the caller makes them a 502.
HeadError settle_response(ResponseHead& head, Method request_method, unsigned& lengths);

/// The bytes of a head that was found good, with one Content-Length of one value.
std::string merge_lengths(const HeadBase& head);

}  // namespace fairlead::http
