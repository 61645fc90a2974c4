#include "bench/machine.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>

#include <fstream>

#include "proxy/base/text.h"

namespace fairlead::bench {

namespace {

std::string cpu_model() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);) {
        const std::size_t colon = line.find(':');
        if (!line.starts_with("model name") || colon == std::string::npos) continue;
        return std::string(trim(std::string_view(line).substr(colon + 1)));
    }
    return "unknown";
}

unsigned usable_cpus() {
    cpu_set_t mask;
    if (sched_getaffinity(0, sizeof(mask), &mask) != 0) return 1;
    return static_cast<unsigned>(CPU_COUNT(&mask));
}

}  // namespace

Machine this_machine(WallTime now) {
    Machine machine;
    machine.time =
        fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                    fmt::gmtime(std::chrono::system_clock::to_time_t(
                        std::chrono::time_point_cast<std::chrono::system_clock::duration>(now))));
    utsname names{};
    const bool is_known = ::uname(&names) == 0;
    machine.host = is_known ? names.nodename : "unknown";
    machine.kernel = is_known ? fmt::format("{} {}", names.sysname, names.release) : "unknown";
    machine.cpu = cpu_model();
    machine.cpus = usable_cpus();
    return machine;
}

}  // namespace fairlead::bench
