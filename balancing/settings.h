/// What balancing is told: plain structs with the defaults of the configuration. Nothing here is
/// read from a file; `runtime` fills them in.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "proxy/base/address.h"
#include "proxy/base/clock.h"

namespace fairlead::balancing {

/// "none" of `max_in_flight`.
inline constexpr std::uint32_t kNoLimit = std::numeric_limits<std::uint32_t>::max();

struct BackendSettings {
    std::string name;  ///< unique in its pool; hash placement depends on it
    HostPort address;
    unsigned weight = 1;  ///< 0 to 65535; 0 gets no new traffic while any other has a weight
    std::uint32_t max_in_flight = kNoLimit;  ///< leases at once, over all workers; 1 to 16 million
    unsigned tier = 0;  ///< the lowest with a usable backend serves; "backup" is 1
};

/// For policy "hash".
struct HashSettings {
    double bound =
        1.25;  ///< a backend's load at most so many times its fair part; below 1: no bound
};

/// What policies are told beside the candidates; each reads its own part.
struct PolicySettings {
    HashSettings hash;
};

/// How a backend that comes back is eased in.
struct SlowStartSettings {
    Duration over = std::chrono::seconds{10};  ///< 0 = off
    double from = 0.10;                        ///< of its weight, above 0 to 1
};

/// Where requests wait when every backend is at max_in_flight. The time limit of a wait is the
/// caller's.
struct QueueSettings {
    std::uint32_t size = 1000;  ///< waiters at once, over all workers; 0 = nobody waits
};

struct RetryBudgetSettings {
    double fraction = 0.20;         ///< of the requests of the last 10 s
    std::uint32_t per_second = 10;  ///< always allowed, on average over the 10 s
};

/// When real traffic takes a backend out.
struct EjectionSettings {
    bool is_on = true;
    std::uint32_t failures = 5;               ///< so many in a row ...
    Duration over = std::chrono::seconds{1};  ///< ... spread over at least so long
    double ratio = 0.20;              ///< or this part of the requests of at least `over` ...
    std::uint32_t min_requests = 50;  ///< ... and at least so many
    Duration out = std::chrono::seconds{10};  ///< times how often it was ejected
    Duration out_max = std::chrono::minutes{5};
    double max_out = 0.50;  ///< of the pool, rounded down, but at least one of two
};

/// What to do when nothing is usable.
enum class WhenAllDown : std::uint8_t {
    Try,   ///< use everything but Maintenance, of all tiers
    Fail,  ///< NoBackend at once
};

struct PoolSettings {
    std::string policy = "round_robin";  ///< a name of policies()
    PolicySettings policy_settings;
    SlowStartSettings slow_start;
    QueueSettings queue;
    RetryBudgetSettings retry_budget;
    WhenAllDown when_all_down = WhenAllDown::Try;
    EjectionSettings ejection;
    /// Without checks a backend that nothing is known of is as good as one that is up.
    bool has_checks = true;
};

}  // namespace fairlead::balancing
