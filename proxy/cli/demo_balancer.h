/// The balancer as `fairlead demo` needs it: where it listens and what it thinks of its backends.
/// The demo knows nothing else of the balancer, so that its own parts can be tested with a
/// stand-in.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/result.h"

namespace fairlead::cli {

/// One backend as the balancer sees it now.
struct DemoBackend {
    std::string state;           ///< contract word: up, down, unknown, rising, ...
    std::string reason;          ///< the one printed reason
    bool is_usable = false;      ///< would be given a request now
    std::uint64_t requests = 0;  ///< answered by it since the start
    std::uint64_t in_flight = 0;
};

/// A running balancer. Its methods are called from the demo's thread, some twenty times a second,
/// and must not wait for the loops of the balancer.
class DemoBalancer {
  public:
    virtual ~DemoBalancer() = default;  ///< stops it and waits until it has stopped
    /// Where the demo's clients connect to.
    virtual SocketAddress address() const = 0;
    /// "http://127.0.0.1:9900/", empty when there is none.
    virtual std::string admin_url() const = 0;
    /// In the order of the origins it was started with.
    virtual std::vector<DemoBackend> backends() const = 0;
    /// Attempts beyond the first, of all requests since the start.
    virtual std::uint64_t retries() const = 0;
};

/// Starts a balancer in front of these origins, whose health is told by GET /healthz. It may leave
/// signals alone: the demo watches TERM and INT.
using StartDemoBalancer =
    std::function<Result<std::unique_ptr<DemoBalancer>>(const std::vector<SocketAddress>& origins)>;

}  // namespace fairlead::cli
