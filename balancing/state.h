/// What a pool may do with a backend. Written by the health monitor (and later by people), read by
/// everyone.
#pragma once

#include <cstdint>
#include <optional>
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

/// What a person has said about a backend; it goes before what checks and traffic say.
enum class AdminState : std::uint8_t {
    Ready,        ///< nothing: health decides
    Drain,        ///< finishes what it has and takes no new; shown as Draining
    Maintenance,  ///< not used at all
};
/// "ready", "drain", "maintenance": in the API and the state file.
std::string_view word(AdminState state);
/// The other way; nothing for any other text.
std::optional<AdminState> admin_state(std::string_view text);

/// "up", "down", "ejected", "draining", "maintenance", "rising", "unknown"
std::string_view word(State state);

/// The checks are content with it: Up or Rising.
constexpr bool is_well(State state) { return state == State::Up || state == State::Rising; }

}  // namespace fairlead::balancing
