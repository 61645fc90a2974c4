/// Which CPU the balancer under measurement has to itself, and which one takes everything else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proxy/base/result.h"

namespace fairlead::bench::peers {

/// Absent: this process may use one CPU only, and nothing is pinned.
struct Cpus {
    std::optional<int> balancer;
    std::optional<int> load;  ///< origin and generator

    bool are_pinned() const { return balancer.has_value(); }
    /// "balancer on CPU 0, origin and generator on CPU 1", or that nothing is pinned.
    std::string text() const;
};

/// The CPUs the calling thread may use, ascending.
std::vector<int> usable_cpus();

/// The first two of them.
Cpus choose_cpus(const std::vector<int>& usable);

/// Binds the calling thread, and what it starts from now on, to one CPU.
Result<void> pin_to(int cpu);

}  // namespace fairlead::bench::peers
