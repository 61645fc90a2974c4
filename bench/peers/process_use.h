/// What a process has used so far, from /proc: the CPU of all its threads and of its children, and
/// its memory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/base/result.h"

namespace fairlead::bench::peers {

/// CPU time, since the process began or between two readings. The sum is exact; the kernel tells
/// user and system apart by what ran at each clock tick, unless it was built to know better.
struct CpuUse {
    Duration total{};
    std::uint64_t user_ticks = 0;
    std::uint64_t system_ticks = 0;

    /// What was used from `earlier` to this.
    CpuUse since(const CpuUse& earlier) const;
    /// Of the total, 0 to 1; nothing when no tick fell into it.
    std::optional<double> user_share() const;
};

/// Of the process and all its children, such as NGINX workers. Threads and children that have ended
/// are not counted: those of a balancer under load live on.
/// @param proc  another place than /proc, for tests
Result<CpuUse> cpu_use(pid_t id, const std::filesystem::path& proc = "/proc");

/// Anonymous memory, in bytes: heap and stacks, which grow with the clients; the program's files do
/// not. Of the process and all its children.
Result<std::uint64_t> memory_use(pid_t id, const std::filesystem::path& proc = "/proc");

/// `id` and its children, and theirs.
std::vector<pid_t> process_tree(pid_t id, const std::filesystem::path& proc = "/proc");

}  // namespace fairlead::bench::peers
