/// One HTTP/1.1 request at a time over a blocking socket, for questions beside the load: what did
/// the origin execute, what does a balancer's answer look like. Never on a loop's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/base/result.h"

namespace fairlead::bench {

struct PlainResponse {
    int status = 0;
    std::string head;  ///< as received, with its last empty line
    std::string body;  ///< without framing
};

/// Connects and closes again. An error says why it cannot be reached.
Result<void> try_connect(const SocketAddress& address, Duration timeout);

/// GET on a connection of its own.
/// @param bytes_max  a larger body is an error
/// @param fields     further fields, as `Name: value\r\n` lines
Result<PlainResponse> fetch(const SocketAddress& address, std::string_view host,
                            std::string_view path, Duration timeout,
                            std::uint64_t bytes_max = 4 * 1024 * 1024,
                            std::string_view fields = {});

}  // namespace fairlead::bench
