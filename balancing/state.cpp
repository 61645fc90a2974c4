#include "balancing/state.h"

namespace fairlead::balancing {

std::string_view word(State state) {
    switch (state) {
        case State::Up:
            return "up";
        case State::Down:
            return "down";
        case State::Ejected:
            return "ejected";
        case State::Draining:
            return "draining";
        case State::Maintenance:
            return "maintenance";
        case State::Rising:
            return "rising";
        case State::Unknown:
            break;
    }
    return "unknown";
}

std::string_view word(AdminState state) {
    switch (state) {
        case AdminState::Drain:
            return "drain";
        case AdminState::Maintenance:
            return "maintenance";
        case AdminState::Ready:
            break;
    }
    return "ready";
}

std::optional<AdminState> admin_state(std::string_view text) {
    for (const AdminState each : {AdminState::Ready, AdminState::Drain, AdminState::Maintenance}) {
        if (word(each) == text) return each;
    }
    return std::nullopt;
}

}  // namespace fairlead::balancing
