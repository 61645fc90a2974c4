/// TCP and unix-socket connections over libuv.
#pragma once

#include <memory>

#include "proxy/base/result.h"
#include "proxy/net/loop.h"
#include "proxy/net/stream.h"

namespace fairlead::net {

/// Starts a connection to `to` (no name: resolve first). Reading is already on when it is
/// established; the result comes through on_connected or on_broken, never before this returns.
/// TCP_NODELAY is set. The caller keeps the deadline.
std::unique_ptr<Stream> connect(Loop& loop, const SocketAddress& to, StreamObserver& observer);

/// Takes over a connected descriptor (TCP or unix), for tests and handed-over sockets. Reading has
/// not been started. Null, and the descriptor closed, when it is no connected stream socket.
std::unique_ptr<Stream> adopt(Loop& loop, int descriptor);

/// The same for a listener, which knows more: no question to the kernel. Null, and the descriptor
/// closed, when libuv does not take it.
/// @param peer        empty for a unix socket
/// @param local_port  0 for a unix socket
std::unique_ptr<Stream> adopt_accepted(Loop& loop, int descriptor, bool is_unix,
                                       const SocketAddress& peer, std::uint16_t local_port);

}  // namespace fairlead::net
