/// Asks until the answer is yes: for what can only be asked for, not waited for.
#pragma once

#include <poll.h>

#include <chrono>

#include "tests/scenarios/support/wire.h"

namespace fairlead::scenarios {

/// @return false when `is_so` has not become true for `patience`
template <class Question>
bool eventually(const Question& is_so, std::chrono::milliseconds patience = kPatience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!is_so()) {
        if (std::chrono::steady_clock::now() >= until) return false;
        ::poll(nullptr, 0, 2);  // between two questions the others get the processor
    }
    return true;
}

}  // namespace fairlead::scenarios
