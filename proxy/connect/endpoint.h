/// What all workers share of the way to one backend: where it is, and how many unused connections
/// they keep to it together.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/connect/idle_lesson.h"

namespace fairlead::connect {

struct KeepaliveSettings {
    bool learns = false;  ///< an unused connection is kept as the endpoint's lesson says
    Duration idle = std::chrono::seconds{4};  ///< else so long; 0 keeps none
    std::uint32_t per_backend = 256;          ///< unused connections, over all workers
    std::uint64_t max_requests = 10'000;      ///< on one connection
    Duration max_age = std::chrono::hours{1};
};

/// Made anew when the addresses change, which are immutable. The rest is for any thread.
struct Endpoint {
    std::vector<SocketAddress> addresses;  ///< at least one, tried in turn
    alignas(64) std::atomic<std::uint32_t> idle_connections{0};
    IdleLesson lesson;
};

}  // namespace fairlead::connect
