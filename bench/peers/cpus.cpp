#include "bench/peers/cpus.h"

#include <fmt/format.h>
#include <sched.h>

#include <cerrno>
#include <cstring>

namespace fairlead::bench::peers {

std::string Cpus::text() const {
    if (!are_pinned()) {
        return "one CPU only, so nothing is pinned: the generator and the balancer disturb each "
               "other";
    }
    return fmt::format("balancer on CPU {}, origin and generator on CPU {}", *balancer, *load);
}

std::vector<int> usable_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> cpus;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    }
    return cpus;
}

Cpus choose_cpus(const std::vector<int>& usable) {
    if (usable.size() < 2) return {};
    return {usable[0], usable[1]};
}

Result<void> pin_to(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (::sched_setaffinity(0, sizeof set, &set) != 0) {
        return fail(fmt::format("cannot run on CPU {}: {}", cpu, std::strerror(errno)),
                    "let this process use two CPUs, as taskset and cgroups decide");
    }
    return {};
}

}  // namespace fairlead::bench::peers
