#include "bench/peers/cpus.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bench/output_file.h"
#include "proxy/base/text.h"

namespace fairlead::bench::peers {

std::string Cpus::text() const {
    if (!are_pinned()) {
        return "one CPU only, so nothing is pinned: the generator and the balancer disturb each "
               "other";
    }
    return fmt::format("balancer on CPU {}, origin and generator on CPU {}{}", *balancer, *load,
                       do_share_core ? "; both are one core, so they slow each other down" : "");
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

std::vector<int> read_cpu_list(std::string_view text) {
    std::vector<int> cpus;
    for (const std::string_view part : split_list(text.substr(0, text.find('\n')), ',')) {
        const std::size_t dash = part.find('-');
        const auto first = parse_number(part.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : parse_number(part.substr(dash + 1));
        if (!first || !last || *last >= CPU_SETSIZE) return {};
        for (auto cpu = *first; cpu <= *last; ++cpu) cpus.push_back(static_cast<int>(cpu));
    }
    return cpus;
}

std::vector<int> core_of(int cpu, const std::filesystem::path& sys) {
    const auto file = sys / fmt::format("cpu{}/topology/thread_siblings_list", cpu);
    return read_cpu_list(read_file(file.string(), 4096).value_or(""));
}

Cpus choose_cpus(const std::vector<int>& usable,
                 const std::function<std::vector<int>(int cpu)>& core) {
    if (usable.size() < 2) return {};
    const std::vector<int> shared = core(usable.front());
    const auto other = std::find_if(usable.begin() + 1, usable.end(), [&shared](int cpu) {
        return std::find(shared.begin(), shared.end(), cpu) == shared.end();
    });
    if (other == usable.end()) return {usable[0], usable[1], true};
    return {usable.front(), *other};
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
