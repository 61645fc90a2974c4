/// Asks until the answer is yes: for what can only be asked for, not waited for.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <cstddef>

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

/// Waits until `sent` does not grow any more: the sender is held.
inline bool comes_to_rest(const std::atomic<std::size_t>& sent) {
    std::size_t before = 0;
    auto since = std::chrono::steady_clock::now();
    return eventually([&] {
        const auto now = std::chrono::steady_clock::now();
        if (sent != before) {
            before = sent;
            since = now;
        }
        return before > 0 && now - since > std::chrono::milliseconds{300};
    });
}

}  // namespace fairlead::scenarios
