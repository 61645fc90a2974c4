/// A target as it is typed: http:// or https://HOST[:PORT][/PATH][?QUERY] or tcp://HOST:PORT.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/load_run.h"
#include "proxy/base/result.h"

namespace fairlead::bench {

struct TargetUrl {
    std::string url;  ///< as typed
    Protocol protocol = Protocol::Http1;
    bool is_tls = false;
    HostPort where;
    std::string host;        ///< for the Host field: without a default port
    std::string path = "/";  ///< with query, without fragment
};

/// @return an error with the cure
Result<TargetUrl> parse_target_url(std::string_view text);

/// Blocks while a name is looked up; of several addresses it is the first that can be connected to.
/// The target has no requests yet.
Result<Target> resolve_target(const TargetUrl& url);

/// The first that accepts a connection: "localhost" is ::1 to many machines, and few servers listen
/// there. The first of all when none accepts. Blocks for at most a second each.
/// @param addresses  not empty
const SocketAddress& first_reachable(const std::vector<SocketAddress>& addresses);

}  // namespace fairlead::bench
