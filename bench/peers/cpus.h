/// Which CPU the balancer under measurement has to itself, and which one takes everything else.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/result.h"

namespace fairlead::bench::peers {

/// Absent: this process may use one CPU only, and nothing is pinned.
struct Cpus {
    std::optional<int> balancer;
    std::optional<int> load;     ///< origin and generator
    bool do_share_core = false;  ///< two threads of one core: they slow each other down

    bool are_pinned() const { return balancer.has_value(); }
    /// "balancer on CPU 0, origin and generator on CPU 1", or that nothing is pinned.
    std::string text() const;
};

/// The CPUs the calling thread may use, ascending.
std::vector<int> usable_cpus();

/// The CPUs that share a core with `cpu`, itself among them; empty when the kernel does not tell.
std::vector<int> core_of(int cpu, const std::filesystem::path& sys = "/sys/devices/system/cpu");

/// "0,4-6" as the numbers it stands for; what is no list is empty.
std::vector<int> read_cpu_list(std::string_view text);

/// The first of them, and the first on another core; the first two when there is one core only.
/// @param core  of a CPU, as core_of()
Cpus choose_cpus(const std::vector<int>& usable,
                 const std::function<std::vector<int>(int cpu)>& core);

/// Binds the calling thread, and what it starts from now on, to one CPU.
Result<void> pin_to(int cpu);

}  // namespace fairlead::bench::peers
