/// What is told when a listening socket cannot be made: the cause, and what to do. The texts are
/// functions of what was found out, so that tests reach all of them. Private to proxy/net.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/error.h"
#include "proxy/net/port_owner.h"

namespace fairlead::net {

/// What a bind error depends on beside the system's error number.
struct BindCircumstances {
    std::optional<PortOwner> port_owner;      ///< of EADDRINUSE
    unsigned unprivileged_port_start = 1024;  ///< of EACCES
    std::vector<std::string> addresses;       ///< this machine's, of EADDRNOTAVAIL
};

/// @param system_error  errno of socket, bind or listen for a TCP address
Error tcp_bind_error(const BindAddress& address, int system_error,
                     const BindCircumstances& circumstances);
/// The same, with the circumstances looked up.
Error tcp_bind_error(const BindAddress& address, int system_error);

/// @param system_error  errno of socket, bind, listen or of the look at a file that is there
/// already.
///                      EADDRINUSE: a program answers on it. EEXIST: it is no socket.
Error unix_bind_error(const BindAddress& address, int system_error);

}  // namespace fairlead::net
