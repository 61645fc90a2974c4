#include "balancing/registry.h"

#include "balancing/first.h"
#include "balancing/hash.h"
#include "balancing/least_connections.h"
#include "balancing/peak_ewma.h"
#include "balancing/random.h"
#include "balancing/random_two.h"
#include "balancing/round_robin.h"

namespace fairlead::balancing {
namespace {

constexpr PolicyRow kPolicies[] = {
    {"round_robin", "each in turn, in proportion to weights", &RoundRobin::make, true},
    {"weighted", "another name of round_robin", &RoundRobin::make, true},
    {"least_connections", "the fewest requests in flight per unit of weight",
     &LeastConnections::make, true},
    {"random", "any, in proportion to weights", &RandomPolicy::make, true},
    {"random_two", "the less loaded of two random ones", &RandomTwo::make, true},
    {"peak_ewma", "the one of two random ones that should answer sooner", &PeakEwma::make, true},
    {"hash", "the same key to the same backend, with bounded load", &HashPolicy::make, false},
    {"first", "the first in order with room below its max_in_flight", &First::make, false},
};

}  // namespace

std::span<const PolicyRow> policies() { return kPolicies; }

const PolicyRow* find_policy(std::string_view name) {
    for (const PolicyRow& row : kPolicies) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

std::unique_ptr<Policy> make_policy(std::string_view name, const PolicySettings& settings,
                                    std::uint64_t seed) {
    const PolicyRow* const row = find_policy(name);
    return row == nullptr ? nullptr : row->make(settings, seed);
}

}  // namespace fairlead::balancing
