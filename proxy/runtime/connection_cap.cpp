#include "proxy/runtime/connection_cap.h"

#include <sys/resource.h>

#include <algorithm>

namespace fairlead::runtime {
namespace {

/// For listeners, probes, logs, the admin endpoint and the unexpected.
constexpr std::uint64_t kReservedDescriptors = 128;
constexpr std::uint64_t kLeast = 16;
/// "unlimited" is no number to halve; more than this one process does not get to.
constexpr std::uint64_t kMost = 1'000'000;

}  // namespace

std::uint64_t raise_descriptor_limit() {
    rlimit limits{};
    if (getrlimit(RLIMIT_NOFILE, &limits) != 0) return kLeast;
    if (limits.rlim_cur < limits.rlim_max) {
        rlimit raised = limits;
        raised.rlim_cur = limits.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limits = raised;
    }
    const std::uint64_t usable = std::min<std::uint64_t>(limits.rlim_cur, 2 * kMost);
    return std::max(kLeast,
                    usable > kReservedDescriptors ? (usable - kReservedDescriptors) / 2 : 0);
}

}  // namespace fairlead::runtime
