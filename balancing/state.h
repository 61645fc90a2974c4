/// What a pool may do with a backend. Written by the health monitor (and later by people), read by
/// everyone.
#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead::balancing {

enum class State : std::uint8_t {
    Up,           ///< checks pass
    Down,         ///< checks fail
    Ejected,      ///< real traffic failed
    Draining,     ///< finishes what it has
    Maintenance,  ///< a person took it out: never used
    Rising,       ///< up again, slow start is running
    Unknown,      ///< no result yet: used only while the pool has nothing up or rising
};
inline constexpr std::size_t kStateCount = 7;

/// "up", "down", "ejected", "draining", "maintenance", "rising", "unknown"
std::string_view word(State state);

/// The checks are content with it: Up or Rising.
constexpr bool is_well(State state) { return state == State::Up || state == State::Rising; }

}  // namespace fairlead::balancing
