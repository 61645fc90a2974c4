/// A target as it is typed: http://HOST[:PORT][/PATH][?QUERY] or tcp://HOST:PORT.
#pragma once

#include <string>
#include <string_view>

#include "bench/load_run.h"
#include "proxy/base/result.h"

namespace fairlead::bench {

struct TargetUrl {
    std::string url;  ///< as typed
    Protocol protocol = Protocol::Http1;
    HostPort where;
    std::string host;        ///< for the Host field: without a default port
    std::string path = "/";  ///< with query, without fragment
};

/// @return an error with the cure
Result<TargetUrl> parse_target_url(std::string_view text);

/// Its first address; blocks while a name is looked up. The target has no requests yet.
Result<Target> resolve_target(const TargetUrl& url);

}  // namespace fairlead::bench
