/// What gRPC says of its calls in fields of HTTP/2 (its PROTOCOL-HTTP2 document).
#pragma once

#include <string_view>

#include "proxy/http/message.h"

namespace fairlead::l7 {

/// An answer whose head is all there is, with the status UNAVAILABLE: the call may be made again.
/// @param is_whole  no body follows
bool is_grpc_unavailable(const http::ResponseHead& head, bool is_whole);
/// The same in trailers, behind an answer that has been passed on.
bool says_grpc_unavailable(std::string_view trailers);

}  // namespace fairlead::l7
