/// Reading what counting tools print at the end of a run.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fairlead::bench::peers {

/// Instructions of a whole run, from `valgrind --tool=callgrind`: "Collected : 66789".
std::optional<std::uint64_t> instructions_in(std::string_view callgrind_log);

/// Heap allocations of a whole run, from valgrind's memcheck: "total heap usage: 1,234 allocs".
std::optional<std::uint64_t> allocations_in(std::string_view memcheck_log);

/// System calls of a whole run, from `strace -c`, without the waiting for events (epoll_wait and
/// its kin), whose number depends on how busy the machine is.
std::optional<std::uint64_t> system_calls_in(std::string_view strace_summary);

}  // namespace fairlead::bench::peers
