#include "proxy/telemetry/process_stats.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "proxy/base/text.h"
#include "proxy/telemetry/registry.h"

namespace fairlead::telemetry {
namespace {

/// A file of /proc, at most 8 KiB of it; empty when it cannot be read.
std::string read_start(const char* path) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file{std::fopen(path, "re"), &std::fclose};
    if (file == nullptr) return {};
    char bytes[8192];
    return std::string(bytes, std::fread(bytes, 1, sizeof bytes, file.get()));
}

/// The field with this index (from 0) between single spaces; 0 when it is no number.
std::uint64_t field(std::string_view text, std::size_t index) {
    for (; index > 0; --index) {
        const std::size_t space = text.find(' ');
        if (space == std::string_view::npos) return 0;
        text.remove_prefix(space + 1);
    }
    return parse_number(text.substr(0, text.find_first_of(" \n"))).value_or(0);
}

double cpu_seconds() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// From the age of the process (proc_pid_stat(5), starttime) and that of the machine.
double start_time_seconds() {
    const std::string stat = read_start("/proc/self/stat");
    const std::size_t name_end = stat.rfind(')');  // the name before it may contain anything
    if (name_end == std::string::npos || name_end + 2 > stat.size()) return 0;
    const std::uint64_t ticks = field(std::string_view{stat}.substr(name_end + 2), 19);
    const auto since_boot = static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
    timespec wall{};
    timespec up{};
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_BOOTTIME, &up);
    const double booted = static_cast<double>(wall.tv_sec - up.tv_sec) +
                          static_cast<double>(wall.tv_nsec - up.tv_nsec) / 1e9;
    return booted + since_boot;
}

std::uint64_t open_fds() {
    // Linux 6.2 and later say it as the folder's size; listing 100,000 entries takes milliseconds.
    struct stat folder {};
    if (stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0) {
        return static_cast<std::uint64_t>(folder.st_size);
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> entries{opendir("/proc/self/fd"), &closedir};
    if (entries == nullptr) return 0;
    std::uint64_t count = 0;
    while (const dirent* entry = readdir(entries.get())) {
        if (entry->d_name[0] != '.') ++count;
    }
    return count - 1;  // the one that reads the folder
}

}  // namespace

ProcessStats read_process_stats() {
    static const double kStart = start_time_seconds();  // once: it must not move with the clock
    ProcessStats stats;
    stats.cpu_seconds = cpu_seconds();
    stats.start_time_seconds = kStart;
    const std::string memory = read_start("/proc/self/statm");
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    stats.virtual_bytes = field(memory, 0) * page;
    stats.resident_bytes = field(memory, 1) * page;
    stats.open_fds = open_fds();
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_fds = limit.rlim_cur;
    return stats;
}

void add_process_metrics(Registry& registry) {
    Gauge& cpu = registry.gauge(Metric::ProcessCpuSecondsTotal);
    Gauge& resident = registry.gauge(Metric::ProcessResidentMemoryBytes);
    Gauge& address_space = registry.gauge(Metric::ProcessVirtualMemoryBytes);
    Gauge& open = registry.gauge(Metric::ProcessOpenFds);
    Gauge& max = registry.gauge(Metric::ProcessMaxFds);
    Gauge& start = registry.gauge(Metric::ProcessStartTimeSeconds);
    registry.add_collector([&] {
        const ProcessStats now = read_process_stats();
        cpu.set(now.cpu_seconds);
        resident.set(static_cast<double>(now.resident_bytes));
        address_space.set(static_cast<double>(now.virtual_bytes));
        open.set(static_cast<double>(now.open_fds));
        max.set(static_cast<double>(now.max_fds));
        start.set(now.start_time_seconds);
    });
}

}  // namespace fairlead::telemetry
