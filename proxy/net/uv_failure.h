/// libuv's status codes as the product's failures. Private to proxy/net.
#pragma once

#include "proxy/base/failure.h"

namespace fairlead::net {

/// Why a connection could not be established.
/// @param status  of uv_tcp_connect, uv_pipe_connect or their callback; negative
Failure connect_failure(int status);

}  // namespace fairlead::net
