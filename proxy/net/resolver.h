/// Names to addresses.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/result.h"
#include "proxy/net/loop.h"

namespace fairlead::net {

/// Resolves before any loop runs (at load): blocks. Addresses in the system's order, without
/// duplicates. An IP address resolves to itself.
Result<std::vector<SocketAddress>> resolve_now(const HostPort& where);

}  // namespace fairlead::net
