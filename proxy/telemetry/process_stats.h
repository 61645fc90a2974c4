/// What the system knows about this process, for the process_* metrics.
#pragma once

#include <cstdint>

namespace fairlead::telemetry {

class Registry;

/// Numbers that could not be read are 0.
struct ProcessStats {
    double cpu_seconds = 0;  ///< user and system, all threads
    std::uint64_t resident_bytes = 0;
    std::uint64_t virtual_bytes = 0;
    std::uint64_t open_fds = 0;
    std::uint64_t max_fds = 0;      ///< soft limit
    double start_time_seconds = 0;  ///< since 1970
};

/// Reads /proc/self. Any thread.
ProcessStats read_process_stats();

/// Makes the process_* series and the collector that keeps them.
void add_process_metrics(Registry& registry);

}  // namespace fairlead::telemetry
