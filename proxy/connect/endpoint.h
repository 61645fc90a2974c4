/// What all workers share of the way to one backend: where it is, and how many unused connections
/// they keep to it together.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/clock.h"

namespace fairlead::connect {

struct KeepaliveSettings {
    Duration idle =
        std::chrono::seconds{4};          ///< an unused connection is kept so long; 0 keeps none
    std::uint32_t per_backend = 256;      ///< unused connections, over all workers
    std::uint64_t max_requests = 10'000;  ///< on one connection
    Duration max_age = std::chrono::hours{1};
};

/// Immutable but for the atomic; made anew when the addresses change.
struct Endpoint {
    std::vector<SocketAddress> addresses;  ///< at least one, tried in turn
    alignas(64) std::atomic<std::uint32_t> idle_connections{0};
};

}  // namespace fairlead::connect
