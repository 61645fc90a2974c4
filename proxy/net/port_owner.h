/// Which program holds a port: for the error that says so. Private to proxy/net.
#pragma once

#include <optional>
#include <string>

#include "proxy/base/address.h"

namespace fairlead::net {

struct PortOwner {
    std::string program;
    int pid = 0;
};

/// Looks through /proc; takes milliseconds. Nothing when nobody listens on that port in the way of
/// `address`, or when the system does not tell (another user's process, no /proc).
std::optional<PortOwner> find_port_owner(const BindAddress& address);

}  // namespace fairlead::net
