/// The file of `fairlead-bench run --mix FILE`: several targets and several kinds of requests, each
/// with a weight. TOML, with the errors of the balancer's own configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/load_run.h"
#include "bench/target_url.h"
#include "proxy/base/result.h"

namespace fairlead::bench {

struct MixTarget {
    TargetUrl url;
    unsigned weight = 1;
};

struct MixFile {
    std::vector<MixTarget> targets;      ///< may be empty: then the command line names one
    std::vector<RequestShape> requests;  ///< may be empty: then as the command line says
};

/// @param file  what errors call it
Many<MixFile> parse_mix(std::string_view text, const std::string& file);
/// At most 16 MiB.
Many<MixFile> read_mix(const std::string& path);

/// A method that a request may have: any but CONNECT, whose answer begins a tunnel.
bool is_sendable_method(std::string_view method);

/// "Name: value" as a header field of a request: an error with the cure when it is none, or one
/// that the generator makes itself.
Result<std::string> check_field(std::string_view name, std::string_view value);

}  // namespace fairlead::bench
