#include "proxy/runtime/connection_cap.h"

#include <algorithm>

#include "proxy/net/descriptor_limit.h"

namespace fairlead::runtime {
namespace {

/// For listeners, probes, logs, the admin endpoint and the unexpected.
constexpr std::uint64_t kReservedDescriptors = 128;
constexpr std::uint64_t kLeast = 16;
/// "unlimited" is no number to halve; more than this one process does not get to.
constexpr std::uint64_t kMost = 1'000'000;

}  // namespace

std::uint64_t raise_descriptor_limit() {
    const std::uint64_t usable = std::min(net::raise_soft_descriptor_limit(), 2 * kMost);
    return std::max(kLeast,
                    usable > kReservedDescriptors ? (usable - kReservedDescriptors) / 2 : 0);
}

}  // namespace fairlead::runtime
