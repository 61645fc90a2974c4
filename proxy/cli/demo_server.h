/// The real balancer behind `fairlead demo`, with its loop on a thread of its own.
#pragma once

#include "proxy/cli/demo_balancer.h"

namespace fairlead::cli {

/// A StartDemoBalancer: free ports on the loopback, a check every 200 ms.
Result<std::unique_ptr<DemoBalancer>> start_demo_server(const std::vector<SocketAddress>& origins);

}  // namespace fairlead::cli
