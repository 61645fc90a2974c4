/// What is kept over a restart, as plain values and as JSON. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "balancing/state.h"
#include "proxy/base/clock.h"
#include "proxy/base/result.h"
#include "proxy/net/ticket_keys.h"
#include "proxy/runtime/overrides.h"

namespace fairlead::runtime {

/// What checks and traffic had found out about one backend.
struct SavedHealth {
    std::string pool;
    std::string backend;
    std::string address;  ///< as written; a backend that moved is another one
    balancing::State state = balancing::State::Unknown;
    WallTime since{};
};

/// What people have said (admin states, weights, backends added and removed) is in `overrides`.
struct SavedState {
    WallTime written{};
    std::vector<SavedHealth> health;
    Overrides overrides;
    /// Of session tickets, newest first: why the file is for its owner's eyes only.
    std::vector<net::TicketKeys::Secret> ticket_secrets;
    /// Of sticky cookies: net::kSecretBytes, or empty.
    std::string sticky_key;
};

/// The number in the file; another one is not read. A field that older programs may leave out or
/// ignore needs no new number.
inline constexpr int kStateVersion = 1;
/// A longer text is neither written nor read.
inline constexpr std::size_t kStateBytesMax = 16u << 20;

/// One line of JSON.
std::string to_json(const SavedState& state);

/// Strict: a missing field, a wrong type or a number out of range makes the whole text damaged.
/// Unknown fields are passed over.
/// @return the state, or what is wrong, as "not JSON" or `"since" of health[3] is no time`
Result<SavedState> parse_state(std::string_view json);

}  // namespace fairlead::runtime
