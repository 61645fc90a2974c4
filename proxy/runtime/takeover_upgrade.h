/// How a takeover begins: one HTTP/1.1 request on the control socket, answered with 101. Blocks;
/// private to the takeover's client.
#pragma once

#include <string>
#include <string_view>

#include "proxy/base/clock.h"
#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"

namespace fairlead::runtime {

/// Connects to the control socket of a running process.
Result<net::Descriptor> connect_to_control(const std::string& socket, Time end);

/// Asks on it for the protocol of the takeover.
/// @return why the running process does not do it; otherwise nothing behind the head of its 101 has
///         been read
Result<void> upgrade_to_takeover(const net::Descriptor& connection, Time end);

/// The request, for tests of the other side.
std::string takeover_request();

}  // namespace fairlead::runtime
