/// What asking a pool for a backend can come to.
#pragma once

#include "balancing/lease.h"
#include "proxy/base/failure.h"

namespace fairlead::balancing {

/// Exactly one of three: a lease; a failure; or `wait`.
struct Picked {
    Lease lease;
    Failure failure = Failure::None;  ///< NoBackend, QueueFull; given to a waiter also ClientClosed
    bool wait =
        false;  ///< every usable backend is at max_in_flight: Pool::enqueue, with a deadline
};

}  // namespace fairlead::balancing
