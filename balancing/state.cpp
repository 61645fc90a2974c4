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

}  // namespace fairlead::balancing
