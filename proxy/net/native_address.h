/// Our addresses as the system takes them. Private to proxy/net.
#pragma once

#include <sys/socket.h>

#include "proxy/base/address.h"

namespace fairlead::net {

/// Bytes of a unix socket path the system takes, without the final zero.
std::size_t unix_path_bytes_max();

/// @return the length; a unix path must not be longer than unix_path_bytes_max().
socklen_t to_native(const SocketAddress& address, sockaddr_storage& native);

/// The address a socket is bound to; an empty one when the descriptor has none (any more).
SocketAddress local_address(int descriptor);
/// The address a socket is connected to; an empty one when it is not (any more).
SocketAddress peer_address(int descriptor);

}  // namespace fairlead::net
