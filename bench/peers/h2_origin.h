/// The origin of balancers that speak HTTP/2 to backends. fairlead-bench's own speaks HTTP/1.1: a
/// second protocol under all that it can be asked for would be far more than this comparison needs,
/// which is one small file sent quickly. nghttpd does that, and is none of the balancers' work.
#pragma once

#include <filesystem>
#include <string>

#include "bench/peers/process.h"
#include "bench/peers/scenario.h"
#include "bench/peers/session.h"

namespace fairlead::bench::peers {

/// Why there is none on this machine, with the cure; "" when there is.
std::string h2_origin_lacks();

/// Writes what `work` asks for below `folder` and serves it on `address` by HTTP/2 in clear.
Result<Process> start_h2_origin(const Session& session, const Work& work,
                                const SocketAddress& address, const std::filesystem::path& folder);

}  // namespace fairlead::bench::peers
